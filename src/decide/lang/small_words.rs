//! Which language a text in Latin letters is in, by the small words no sentence does without.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Up to this many words, a text in plain ASCII is taken for English without one of its small words.
const FEW_WORDS: usize = 6;
/// One word in so many must be a small one.
const RARITY: usize = 8;
/// Longest small word in bytes.
const LONGEST: usize = 12;

/// Each language with its words; those that two languages share count for both. The order breaks ties.
/// Spanish, Italian and Portuguese have no pack: they stand here so that they are not taken for French.
const LANGUAGES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "the", "and", "is", "to", "it", "i", "was", "not", "my", "for", "of", "this", "that", "with", "but", "you", "have", "are",
            "they", "very", "be", "on", "at", "had", "your", "we", "it's", "don't", "from", "were", "so", "just", "no", "as", "been",
            "what", "me", "has", "will", "our", "their", "never", "good", "great",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "nicht", "ich", "ein", "eine", "einen", "einem", "einer", "mit", "auf", "für", "fur", "von",
            "zu", "den", "dem", "des", "sie", "wir", "es", "auch", "war", "sich", "noch", "nach", "bei", "aus", "wie", "im", "am", "zum",
            "zur", "haben", "habe", "hat", "hatte", "wird", "wurde", "werden", "kein", "keine", "keinen", "nur", "aber", "oder", "wenn",
            "schon", "sehr", "mehr", "mir", "mich", "mein", "meine", "dass", "daß", "sind", "kann", "immer", "wieder", "heute", "über",
            "vom", "ihr", "euch", "man", "was", "so", "nie", "gut", "uns", "bin", "dann", "doch", "da", "hier", "jetzt", "warum",
        ],
    ),
    (
        "nl",
        &[
            "de", "het", "een", "en", "is", "niet", "van", "ik", "je", "dat", "die", "op", "te", "zijn", "met", "voor", "er", "maar",
            "was", "ook", "aan", "bij", "om", "naar", "wel", "wij", "ze", "geen", "nog", "dit", "zeer", "erg", "heel", "heeft", "hebben",
            "had", "wordt", "werd", "uit", "goed", "goede", "mijn", "ons", "onze", "als", "dan", "al", "hier", "meer", "veel", "nooit",
            "waren", "kan", "moet", "deze", "door", "over", "tot", "weer", "zonder", "we", "lekker", "jullie", "na", "hij", "zij", "u",
        ],
    ),
    (
        "fy",
        &[
            "it", "de", "in", "en", "is", "net", "fan", "ik", "dat", "op", "te", "mei", "foar", "wie", "ek", "oan", "by", "wy", "se",
            "gjin", "noch", "dit", "tige", "hat", "hawwe", "wurdt", "waard", "út", "goed", "myn", "ús", "as", "dan", "hjir", "mear",
            "folle", "noait", "wiene", "kin", "moat", "dizze", "troch", "oer", "wer", "sûnder", "jo", "hy", "hja", "bin", "binne", "nei",
            "mar", "nimmen", "jout", "sa", "wol", "altyd", "hiel", "net", "kaam", "krige", "fansels", "foaral", "sille", "dy",
        ],
    ),
    (
        "fr",
        &[
            "de", "la", "en", "un", "que", "le", "les", "et", "est", "pas", "je", "vous", "du", "des", "une", "dans", "sur", "pour",
            "mais", "avec", "très", "tres", "ne", "au", "aux", "ce", "cette", "ces", "qui", "nous", "ont", "suis", "mon", "ma", "mes",
            "il", "elle", "on", "plus", "trop", "bien", "rien", "jamais", "était", "etait", "été", "fait", "sans", "aucun", "aucune",
            "tout", "même", "leur", "sont", "j'ai", "c'est", "n'est", "qu'il", "d'un", "d'une", "ça", "votre", "par", "où", "déjà",
            "depuis", "après", "avoir", "être",
        ],
    ),
    (
        "vi",
        &[
            "không", "khong", "và", "là", "của", "cua", "có", "máy", "rất", "rat", "được", "duoc", "thì", "mình", "minh", "này", "nhưng",
            "nhung", "mua", "dùng", "quá", "qua", "hàng", "hang", "nhân", "nhan", "viên", "vien", "giao", "nhiều", "nhieu", "với", "cho",
            "như", "nhu", "nên", "cũng", "cung", "hơn", "lắm", "lam", "bị", "bi", "chưa", "chua", "dt", "đt", "sp", "shop", "lỗi", "loi",
            "điện", "thoại", "dien", "thoai", "pin", "tốt", "tot", "sản", "phẩm", "mới", "moi", "ngày", "ngay", "chậm", "đã", "sẽ", "ko",
            "kém", "vẫn", "van", "tra", "trả",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "y", "que", "es", "por", "con", "para", "una", "un", "no", "se", "muy", "pero", "del", "lo", "está",
            "este", "esta", "nunca", "más", "mi", "de", "la", "en", "me", "su", "hay", "todo", "sin", "como", "ni", "yo", "fue", "nadie",
        ],
    ),
    (
        "it",
        &[
            "il", "lo", "gli", "di", "e", "è", "che", "per", "con", "una", "un", "non", "si", "molto", "ma", "del", "della", "sono", "mai",
            "più", "mi", "la", "in", "ho", "anche", "questo", "nel", "tutto", "senza", "come", "ci", "al", "alla", "da", "le", "nessuno",
        ],
    ),
    (
        "pt",
        &[
            "o", "os", "as", "e", "é", "que", "por", "com", "para", "uma", "um", "não", "nao", "se", "muito", "mas", "do", "da", "no",
            "na", "está", "nunca", "mais", "meu", "de", "em", "ao", "foi", "sem", "como", "nem", "eu", "dos", "das", "ninguém",
        ],
    ),
];

/// A bit for each language of the list.
static WORDS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (number, (_, small)) in LANGUAGES.iter().enumerate() {
        for word in *small {
            *words.entry(*word).or_insert(0) |= 1 << number;
        }
    }
    words
});

static FRENCH: LazyLock<u16> = LazyLock::new(|| LANGUAGES.iter().position(|(name, _)| *name == "fr").map_or(0, |number| 1 << number));

/// The language most of the small words belong to; `stated` where two are level or a text has none of them.
pub(super) fn latin(head: &str, stated: Option<&str>) -> Option<&'static str> {
    let stated = stated.and_then(|stated| LANGUAGES.iter().position(|(name, _)| stated == *name));
    let (counts, words) = count(head);
    let most = counts.iter().copied().max().unwrap_or(0);
    if most > 0 && most * RARITY >= words {
        let best = stated.filter(|stated| counts[*stated] == most).or_else(|| counts.iter().position(|count| *count == most));
        return best.map(|best| LANGUAGES[best].0);
    }
    match stated {
        Some(stated) if words <= FEW_WORDS || counts[stated] > 0 => Some(LANGUAGES[stated].0),
        _ => (words <= FEW_WORDS && head.is_ascii()).then_some("en"),
    }
}

/// French words cling to the next one: `l'hôtel`, `n'arrive`, `qu'on`.
fn elided(word: &str) -> u16 {
    let clings = word
        .split_once('\'')
        .is_some_and(|(small, rest)| !rest.is_empty() && matches!(small, "l" | "d" | "j" | "n" | "c" | "s" | "m" | "qu"));
    if clings { *FRENCH } else { 0 }
}

/// Small words of each language, and all words.
fn count(head: &str) -> ([usize; LANGUAGES.len()], usize) {
    let (mut counts, mut words, mut lower) = ([0; LANGUAGES.len()], 0, String::with_capacity(2 * LONGEST));
    for word in head.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’').filter(|word| !word.is_empty()) {
        words += 1;
        lower.clear();
        lower.extend(word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).map(|letter| if letter == '’' { '\'' } else { letter }));
        let mut languages = WORDS.get(lower.as_str()).copied().unwrap_or(0) | elided(&lower);
        while languages != 0 {
            counts[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    (counts, words)
}
