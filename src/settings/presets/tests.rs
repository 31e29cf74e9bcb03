//! What a file of a preset can have wrong, and the example that is made where there is none.

use super::*;
use crate::problem::render;

const SOUND: &str = "[preset]\nwhat = \"a\"\nterms = \"b\"\n[preset.with.word]\nwhat = \"A word.\"\nexample = \"it's\"\n\
    [preset.with.base]\nwhat = \"Where.\"\nexample = \"https://x.example\"\ndefault = \"https://x.example\"\nkind = \"address\"\n\
    [source]\nkind = \"feed\"\nurl = \"${base}/${word}\"\n";

fn problems_of(text: &str) -> String {
    let problems = Problems::default();
    let preset = read("x", text, Some(Path::new("presets/x.toml")), &problems);
    let found = problems.take();
    assert_eq!(preset.is_none(), found.iter().any(|problem| !problem.warning), "{}", render(&found, false));
    render(&found, false)
}

#[test]
fn every_built_in_one_is_sound() {
    for (name, text) in built_in::PRESETS {
        let problems = Problems::default();
        let preset = read(name, text, None, &problems);
        assert!(preset.is_some(), "{name}: {}", render(&problems.take(), false));
        assert!(is_name(name));
    }
}

#[test]
fn an_example_is_made_where_the_file_has_none() {
    let preset = read("x", SOUND, None, &Problems::default()).expect("sound");
    assert_eq!(preset.example, "[[source]]\nname = \"x\"\npreset = \"x\"\n[source.with]\nword = \"it's\"\n");
}

#[test]
fn mistakes_are_told_at_their_places() {
    assert_eq!(problems_of(SOUND), "");
    for (from, to, wanted) in [
        ("${word}", "${wort}", "`wort` is no variable of this preset"),
        ("${word}", "word", "the variable `word` stands nowhere"),
        ("what = \"a\"", "", "`what` is missing"),
        ("kind = \"address\"", "kind = \"adress\"", "Did you mean \"address\"?"),
        ("example = \"it's\"", "example = \"x\"\nlike = \"[\"", "this is no regular expression"),
        ("[source]", "[sauce]", "`sauce` is not known here"),
        ("[preset]", "[preset]\nurl = \"x\"", "`url` is not known here"),
    ] {
        let told = problems_of(&SOUND.replace(from, to));
        assert!(told.contains(wanted) && told.contains("presets/x.toml:"), "{to}: {told}");
    }
}
