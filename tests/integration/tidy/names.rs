//! The paths a file names: what it imports, and what it calls by its whole name.

use super::source::Source;

/// Paths into the project from its root (`respond::acknowledge`), with the byte offset where each begins.
pub(super) fn own_paths(file: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "hearken::"] {
        for at in starts(&file.code, root) {
            found.extend(tree(&file.code[at + root.len()..]).into_iter().map(|path| (at, path)));
        }
    }
    for at in starts(&file.code, "super::") {
        let rest = &file.code[at..];
        let ups = rest.split("super::").take_while(|part| part.is_empty()).count();
        let module = file.module();
        let base = module[..module.len().saturating_sub(ups)].join("::");
        let below = tree(&rest["super::".len() * ups..]);
        let whole = |path: String| format!("{base}::{path}").trim_matches(':').to_owned();
        found.extend(below.into_iter().map(|path| (at, whole(path))));
    }
    found
}

/// Offsets of `root` where it begins a path.
fn starts(code: &str, root: &str) -> Vec<usize> {
    let begins = |at: &usize| !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
    code.match_indices(root).map(|(at, _)| at).filter(begins).collect()
}

/// The paths of a use tree or of an expression: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(super) fn tree(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut prefix = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            let within = |path: String| prefix.iter().cloned().chain([path]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::");
            return branches(group).into_iter().flat_map(tree).map(within).collect();
        }
        let word: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        if !word.is_empty() && word != "self" {
            prefix.push(word.clone());
        }
        rest = rest[word.len()..].trim_start();
        let Some(after) = rest.strip_prefix("::") else { return vec![prefix.join("::")] };
        rest = after;
    }
}

/// The members of a group whose opening brace is already read.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                found.push(&group[start..at]);
                break;
            }
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|branch| !branch.trim().is_empty());
    found
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let text = "//! x\nuse crate::{model::{Moment, Item as Thing}, store};\nuse super::super::web::page;\nfn f() { crate::clock::now() }\n";
    let file = Source::new("src/collect/extract/feed.rs", text.to_owned());
    let paths: Vec<_> = own_paths(&file).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["model::Moment", "model::Item", "store", "clock::now", "collect::web::page"]);
    let shallow = Source::new("src/collect/fetch.rs", "use super::super::store::{self, due};".to_owned());
    let paths: Vec<_> = own_paths(&shallow).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["store", "store::due"]);
}
