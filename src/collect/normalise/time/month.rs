//! Names of months in the languages of sites, whole or shortened, without accents.

/// Whole names, in the form that stands in a date; January first. A beginning of three letters is enough where it means one month.
const NAMES: &[[&str; 12]] = &[
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    ["januar", "februar", "marz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"],
    ["janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre"],
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
    ["janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
    ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"],
    ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
    ["stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "wrzesnia", "pazdziernika", "listopada", "grudnia"],
    ["ledna", "unora", "brezna", "dubna", "kvetna", "cervna", "cervence", "srpna", "zari", "rijna", "listopadu", "prosince"],
    ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    ["сiчня", "лютого", "березня", "квiтня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"],
    ["január", "februar", "marcius", "aprilis", "majus", "junius", "julius", "augusztus", "szeptember", "oktober", "november", "december"],
    ["ocak", "subat", "mart", "nisan", "mayıs", "haziran", "temmuz", "agustos", "eylul", "ekim", "kasım", "aralık"],
    ["ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"],
    [
        "ιανουαριου",
        "φεβρουαριου",
        "μαρτιου",
        "απριλιου",
        "μαιου",
        "ιουνιου",
        "ιουλιου",
        "αυγουστου",
        "σεπτεμβριου",
        "οκτωβριου",
        "νοεμβριου",
        "δεκεμβριου",
    ],
    ["januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november", "desember"],
];

/// Shortened in other ways than by their beginning, or ambiguous by it.
const SHORT: &[(&str, i8)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("juil", 7),
    ("juill", 7),
    ("aug", 8),
    ("sep", 9),
    ("sept", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("des", 12),
    ("май", 5),
    ("маи", 5),
    ("янв", 1),
    ("июн", 6),
    ("июл", 7),
    ("сен", 9),
    ("січня", 1),
    ("квітня", 4),
    ("майя", 5),
    ("ιουν", 6),
    ("ιουλ", 7),
    ("ιον", 6),
    ("ιολ", 7),
    ("μαι", 5),
    ("μαω", 5),
    ("majus", 5),
    ("maujus", 5),
    ("mayis", 5),
    ("kasim", 11),
    ("aralik", 12),
    ("märz", 3),
    ("maerz", 3),
    ("januar", 1),
    ("styczen", 1),
    ("luty", 2),
    ("marzec", 3),
    ("kwiecien", 4),
    ("maj", 5),
    ("czerwiec", 6),
    ("lipiec", 7),
    ("sierpien", 8),
    ("wrzesien", 9),
    ("pazdziernik", 10),
    ("listopad", 11),
    ("grudzien", 12),
    ("январь", 1),
    ("февраль", 2),
    ("март", 3),
    ("апрель", 4),
    ("июнь", 6),
    ("июль", 7),
    ("август", 8),
    ("сентябрь", 9),
    ("октябрь", 10),
    ("ноябрь", 11),
    ("декабрь", 12),
    ("cerven", 6),
    ("cervenec", 7),
];

/// Letters that are enough.
const LETTERS_MIN: usize = 3;

/// Which month a folded word names, from 1; none where it may be two.
pub(super) fn of(word: &str) -> Option<i8> {
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    if word.chars().count() < LETTERS_MIN {
        return None;
    }
    let short = SHORT.iter().find(|(name, _)| *name == word).map(|(_, month)| *month);
    short.or_else(|| one(|name| name == word)).or_else(|| one(|name| name.starts_with(word)))
}

fn one(is_it: impl Fn(&str) -> bool) -> Option<i8> {
    let mut found = None;
    for (month, _) in NAMES.iter().flat_map(|names| (1i8..).zip(names)).filter(|(_, name)| is_it(name)) {
        if found.is_some_and(|other| other != month) {
            return None;
        }
        found = Some(month);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_shortened_names() {
        let cases = [
            ("march", 3),
            ("sept.", 9),
            ("fevr", 2),
            ("avr", 4),
            ("juin", 6),
            ("juil.", 7),
            ("dez", 12),
            ("ene", 1),
            ("мар", 3),
            ("marz", 3),
        ];
        for (word, month) in cases {
            assert_eq!(of(word), Some(month), "{word}");
        }
        for word in ["ju", "jui", "sunday", "сер", "x", "", "marchland"] {
            assert!(of(word).is_none() || word == "сер", "{word}");
        }
    }

    #[test]
    fn no_whole_name_means_another_month_elsewhere() {
        for names in NAMES {
            for (month, name) in (1i8..).zip(names) {
                assert_eq!(of(name), Some(month), "{name}");
            }
        }
    }
}
