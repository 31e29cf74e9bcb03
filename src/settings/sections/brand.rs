//! `[[brand]]`: what we listen for.

use super::Reading;
use crate::decide::brand::Brand;
use crate::problem::{Place, Problem, Table};
use crate::settings::names::Noun;
use crate::settings::values::phrases;

pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<Brand> {
    let name = reading.names.declare(Noun::Brand, &mut table);
    let aliases = phrases(&mut table, "aliases");
    let exclude = phrases(&mut table, "exclude");
    let own = name.iter().map(|name| (table.place_of("name"), name.clone()));
    let spellings: Vec<(Place, String)> = own.chain(aliases.iter().cloned()).collect();
    for (place, spelling) in &spellings {
        check_length(&table, place, spelling);
    }
    for (place, phrase) in &exclude {
        if spellings.iter().any(|(_, spelling)| spelling.to_lowercase() == phrase.to_lowercase()) {
            let help = "Write the longer phrase in which the name means something else, as \"apple pie\" for \"Apple\".";
            table.problems().add(Problem::error(place.clone(), format!("`{phrase}` would exclude every mention"), help));
        }
    }
    table.finish();
    let texts = |list: Vec<(Place, String)>| list.into_iter().map(|(_, text)| text).collect();
    Some(Brand { name: name?, aliases: texts(aliases), exclude: texts(exclude) })
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
