//! Which language a text in Latin letters is in, by the small words no sentence does without, and by the words of complaint and praise
//! that short notes are made of (plain_words.rs): "Lieferung dauert ewig" has none of the small ones.

use std::sync::LazyLock;

use super::plain_words::PLAIN;
use super::shape::looks;

/// Up to this many words, a text in plain ASCII is taken for English without one of its small words.
const FEW_WORDS: usize = 6;
/// One word in so many must be a small one.
const RARITY: usize = 8;
/// Longest small word in bytes.
const LONGEST: usize = 14;

/// Each language with its words; those that two languages share count for both. The order breaks ties.
/// Spanish, Italian and Portuguese have no pack: they stand here so that they are not taken for French.
const LANGUAGES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "the", "and", "is", "in", "to", "it", "i", "was", "not", "my", "for", "of", "this", "that", "with", "but", "you", "have",
            "are", "they", "very", "be", "on", "at", "had", "your", "we", "it's", "don't", "from", "were", "so", "just", "no", "as",
            "been", "what", "me", "has", "will", "our", "their", "never", "good", "great", "after", "since", "nobody", "nothing", "or",
            "out", "up", "still", "got", "get", "if", "when", "now", "there", "who", "which", "would", "could", "can't", "didn't",
            "doesn't", "won't", "isn't", "wasn't", "than", "again", "only", "even", "before", "because", "about", "any", "does", "did",
            "into", "back", "too", "she", "his", "its", "i'm", "i've", "how", "ever", "anyone", "them", "off", "an", "by",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "nicht", "ich", "ein", "eine", "einen", "einem", "einer", "mit", "auf", "für", "fur", "von",
            "in", "zu", "den", "dem", "des", "sie", "wir", "es", "auch", "war", "sich", "noch", "nach", "bei", "aus", "wie", "im", "am",
            "zum", "zur", "haben", "habe", "hat", "hatte", "wird", "wurde", "werden", "kein", "keine", "keinen", "nur", "aber", "oder",
            "wenn", "schon", "sehr", "mehr", "mir", "mich", "mein", "meine", "dass", "daß", "sind", "kann", "immer", "wieder", "heute",
            "über", "vom", "ihr", "euch", "man", "was", "so", "nie", "gut", "uns", "bin", "dann", "doch", "da", "hier", "jetzt", "warum",
        ],
    ),
    (
        "nl",
        &[
            "de", "het", "een", "en", "is", "in", "niet", "van", "ik", "je", "dat", "die", "op", "te", "zijn", "met", "voor", "er", "maar",
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
/// The small words by their bytes, and in the lowest 16 bits one for every language they are of. A hash that holds off whoever picks
/// its words would cost more than all the rest, and nobody picks these.
struct Words(Box<[u128; SLOTS]>);

/// Of the languages.
const LOWEST: u32 = u16::BITS;

/// Four for each word.
const SLOTS: usize = 1 << 12;
/// 2^64 divided by the golden ratio, and another odd number without a pattern.
const SPREAD: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words(Box::new([0; SLOTS]));
    for (number, small) in lists() {
        for key in small.iter().filter_map(|word| key(word.bytes())) {
            let slot = words.slot(key);
            words.0[slot] |= key << LOWEST | 1 << number;
        }
    }
    words
});

/// Every list of words with the number of its language.
fn lists() -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    let number = |name: &str| LANGUAGES.iter().position(|(known, _)| *known == name);
    let plain = PLAIN.iter().filter_map(move |(name, words)| Some((number(name)?, words.split_ascii_whitespace().collect())));
    LANGUAGES.iter().enumerate().map(|(number, (_, words))| (number, words.to_vec())).chain(plain)
}

impl Words {
    /// Where the word is, or would be; a free place has no key.
    #[inline]
    fn slot(&self, key: u128) -> usize {
        let (low, high) = (key as u64, (key >> 64) as u64);
        let hash = low.wrapping_mul(SPREAD[0]) ^ high.wrapping_mul(SPREAD[1]);
        let mut slot = (hash >> (u64::BITS - SLOTS.ilog2())) as usize;
        while self.0[slot % SLOTS] >> LOWEST != key && self.0[slot % SLOTS] != 0 {
            slot += 1;
        }
        slot % SLOTS
    }

    /// The languages of a word in small letters.
    #[inline]
    fn languages(&self, key: Option<u128>) -> u16 {
        key.map_or(0, |key| self.0[self.slot(key)] as u16)
    }
}

/// The bytes of a word as one number; none of a word that is too long to be a small one.
#[inline]
fn key(bytes: impl ExactSizeIterator<Item = u8>) -> Option<u128> {
    (bytes.len() <= LONGEST).then(|| bytes.fold(0, |key, byte| key << 8 | u128::from(byte)))
}

static FRENCH: LazyLock<u16> = LazyLock::new(|| LANGUAGES.iter().position(|(name, _)| *name == "fr").map_or(0, |number| 1 << number));

/// The language most of the small words belong to; `stated` where two are level or a text has none of them.
pub(super) fn latin(head: &str, stated: Option<&str>) -> Option<&'static str> {
    let stated = stated.and_then(|stated| LANGUAGES.iter().position(|(name, _)| super::is_of(stated, name)));
    let (counts, words) = count(head);
    let most = counts.iter().copied().max().unwrap_or(0);
    if most > 0 && most * RARITY >= words {
        let best = stated.filter(|stated| counts[*stated] == most).or_else(|| counts.iter().position(|count| *count == most));
        return best.map(|best| LANGUAGES[best].0);
    }
    match stated {
        Some(stated) if words <= FEW_WORDS || counts[stated] > 0 => Some(LANGUAGES[stated].0),
        _ if words > FEW_WORDS => None,
        _ => looks(head).or_else(|| head.is_ascii().then_some("en")),
    }
}

/// French words cling to the next one: `l'hôtel`, `n'arrive`, `qu'on`.
fn elided(word: &[u8]) -> u16 {
    let mark = word.iter().take(3).position(|byte| *byte == b'\'');
    let clings =
        mark.is_some_and(|at| at + 1 < word.len() && matches!(&word[..at], [b'l' | b'd' | b'j' | b'n' | b'c' | b's' | b'm'] | b"qu"));
    if clings { *FRENCH } else { 0 }
}

/// Small words of each language, and all words.
fn count(head: &str) -> ([usize; LANGUAGES.len()], usize) {
    let known = &*WORDS;
    let (mut counts, mut words, mut lower) = ([0; LANGUAGES.len()], 0, String::with_capacity(2 * LONGEST));
    let mut rest = head;
    while let Some((word, is_ascii, after)) = next_word(rest) {
        rest = after;
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        words += 1;
        let mut languages = if is_ascii {
            known.languages(key(word.bytes().map(|byte| byte.to_ascii_lowercase()))) | ascii_elided(word)
        } else {
            lower.clear();
            let letters = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase);
            lower.extend(letters.map(|letter| if letter == '’' { '\'' } else { letter }));
            known.languages(key(lower.bytes())) | elided(lower.as_bytes())
        };
        while languages != 0 {
            counts[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    (counts, words)
}

fn ascii_elided(word: &str) -> u16 {
    let start: [u8; 4] = std::array::from_fn(|at| word.as_bytes().get(at).map_or(0, u8::to_ascii_lowercase));
    elided(&start[..word.len().min(start.len())])
}

/// The first word of a text, whether it is plain ASCII, and what follows it.
#[inline]
fn next_word(text: &str) -> Option<(&str, bool, &str)> {
    let (start, _) = text.char_indices().find(|(_, letter)| is_letter(*letter))?;
    let (mut end, mut is_ascii) = (start, true);
    while let Some(byte) = text.as_bytes().get(end) {
        if byte.is_ascii() {
            if !is_letter(char::from(*byte)) {
                break;
            }
            end += 1;
            continue;
        }
        let Some(letter) = text[end..].chars().next().filter(|letter| is_letter(*letter)) else { break };
        is_ascii = false;
        end += letter.len_utf8();
    }
    Some((&text[start..end], is_ascii, &text[end..]))
}

/// Of a word, the signs by which words cling to one another included.
#[inline]
fn is_letter(letter: char) -> bool {
    match letter {
        '\'' | '’' => true,
        letter if letter.is_ascii() => letter.is_ascii_alphanumeric(),
        letter => letter.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_word_is_known_and_no_other() {
        for (number, small) in lists() {
            for word in small {
                assert!(word.len() <= LONGEST, "{word}");
                assert_eq!(WORDS.languages(key(word.bytes())) >> number & 1, 1, "{word}");
            }
        }
        for word in ["", "xylophone", "thee", "averyveryverylongword"] {
            assert_eq!(WORDS.languages(key(word.bytes())), 0, "{word}");
        }
    }

    #[test]
    fn words_are_counted_with_their_signs() {
        let (counts, words) = count("L'hôtel — it's  fine, n’arrive ÉTAIT d' qu'on");
        let of = |name: &str| counts[LANGUAGES.iter().position(|(known, _)| *known == name).expect("it is there")];
        assert_eq!((words, of("en"), of("fr")), (7, 1, 4));
    }
}
