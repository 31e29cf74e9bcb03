//! `[[brand]]`: what we listen for.

use super::Reading;
use crate::decide::brand::{Brand, reads_the_same};
use crate::decide::pairs::Across;
use crate::problem::{Place, Problem, Table};
use crate::settings::names::Noun;
use crate::settings::values::phrases;

pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<Brand> {
    let name = reading.names.declare(Noun::Brand, &mut table);
    let aliases = phrases(&mut table, "aliases");
    let exclude = phrases(&mut table, "exclude");
    let own = name.iter().map(|name| (table.place_of("name"), name.clone()));
    let spellings: Vec<(Place, String)> = own.chain(aliases.iter().cloned()).collect();
    let rivals = phrases(&mut table, "rivals");
    for (place, spelling) in &spellings {
        check_length(&table, place, spelling);
        check_across(&table, place, spelling, &exclude);
        if let Some(name) = &name {
            reading.names.spell(name, spelling, place, table.problems());
        }
    }
    for (place, rival) in &rivals {
        if spellings.iter().any(|(_, spelling)| reads_the_same(spelling, rival)) {
            let help = "A rival is another firm: take it out, or name who is meant.";
            table.problems().add(Problem::error(place.clone(), format!("`{rival}` is the brand itself"), help));
        }
    }
    for (place, phrase) in &exclude {
        if spellings.iter().any(|(_, spelling)| spelling.to_lowercase() == phrase.to_lowercase()) {
            let help = "Write the longer phrase in which the name means something else, as \"apple pie\" for \"Apple\".";
            table.problems().add(Problem::error(place.clone(), format!("`{phrase}` would exclude every mention"), help));
        }
    }
    table.finish();
    let texts = |list: Vec<(Place, String)>| list.into_iter().map(|(_, text)| text).collect();
    Some(Brand { name: name?, aliases: texts(aliases), exclude: texts(exclude), rivals: texts(rivals) })
}

/// A name of two characters may be the end of one word and the beginning of the next.
fn check_across(table: &Table, place: &Place, spelling: &str, exclude: &[(Place, String)]) {
    let Some(across) = Across::of(spelling) else { return };
    let mut phrases = across.phrases(spelling);
    phrases.retain(|phrase| !exclude.iter().any(|(_, other)| reads_the_same(other, phrase)));
    if phrases.is_empty() {
        return;
    }
    let list = phrases.iter().map(|phrase| format!("\"{phrase}\"")).collect::<Vec<_>>().join(", ");
    table.problems().add(Problem::warning(
        place.clone(),
        format!("`{spelling}` also stands across common words, as in {}", across.examples(spelling).join(", ")),
        format!(
            "Where both words are common ones, as there, Hearken takes it for none of yours; for the rest add to `exclude`: {list}. \
             It costs a mention only where one of these is really your name behind such a character."
        ),
    ));
}

/// One Latin letter is a word now and then; one Chinese character stands inside countless words, where we match it too.
fn check_length(table: &Table, place: &Place, spelling: &str) {
    let mut letters = spelling.chars().filter(|letter| letter.is_alphanumeric());
    let problem = match (letters.next(), letters.next()) {
        (None, _) => Problem::error(place.clone(), "this spelling has no letter", "Write the name as people write it."),
        (Some(letter), None) if letter.is_ascii() => Problem::warning(
            place.clone(),
            format!("`{spelling}` is one letter and will be found in texts about other things"),
            "Use a longer spelling, and list what it must not be found in under `exclude`.",
        ),
        (Some(_), None) => Problem::error(
            place.clone(),
            format!("`{spelling}` is one character and stands inside countless words"),
            "Use a spelling of at least two characters.",
        ),
        _ => return,
    };
    table.problems().add(problem);
}
