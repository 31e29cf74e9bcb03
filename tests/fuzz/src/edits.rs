//! Edits of an input beside the fuzzer's own: a text stays UTF-8, a line stays JSON, a rule file stays TOML, and what is put in is what
//! the readers care about.
//!
//! The fuzzer's edits of single bytes mostly break a Chinese character or a bracket, and what is broken is refused at the door.

mod rule_file;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

/// What the fold treats in some way of its own, and what stands beside it, with `|` between.
const PIECES: &str = concat!(
    "垃|圾|貨|后|差|不|退款|🏽|👎|𠀀|𠀁|々|〇|丶|丨|二|年|.|..|....|~|·|*|-|…|，|。|“|」|!|?|1|９|½|㎏|ﷺ|¨|",
    " |  |\n|\n\n|\r\n|\t|\u{2028}|\u{3000}|\0|\u{200B}|\u{301}|\u{FE0F}|\u{FEFF}|\u{AD}|\u{202E}|\u{E000}|\u{10FFFF}|",
    "a|A|b|é|É|ß|ſ|İ|ς|Ａ|ooo|good|late|aaa|ж|ё|א|ส|ิ|न|ि|",
    "ｶ|ﾞ|ｱ|ー|か|\u{3099}|が|ㅏ|ㄱ|\u{1112}|\u{1161}|\u{11AB}|\u{1160}|한",
);

/// What decides whether a word beside it is meant, and words that rules know.
const PHRASES: &str = concat!(
    "如果|的話|請問|是不是|會不會|擔心|別家|不像|比別家|看評論說|網友|說|果然|《|》|不|沒有|難道|嗎|嗎？|呢|也是醉了|又要|早知道|可以給|果真|",
    "if |unless |in case |is it |does anyone know |I was afraid |other brands |unlike |which |than |some say |people complain |not |never |",
    "no |isn't |would |for nothing|another |#fail|yeah right|?|ne pas |nicht |kein |niet |không |ない|ません|なかった|",
    "壞了|失望|好吃|詐騙|垃圾|退款|很差|不錯|broken|late|terrible|great|thanks|refund|scam|kaputt|en panne|最悪|kapot|hỏng",
);

/// Choices enough for one edit.
const CHOICES: usize = 64;
/// Letters are stretched to at most this many.
const MOST_REPEATS: usize = 6;

/// Numbers at the ends of what a field may hold, and beyond.
const NUMBERS: &[f64] = &[0.0, -0.0, 1.0, 2.0, 2.5, 5.0, 5.1, 10.0, 100.0, -1.0, 1e-320, 1e-9, 1e308, 1e15];

/// Edits `data[..size]` in place as a text; its new size, `most` at most.
pub fn text(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    edited(data, size, most, seed, edit_text)
}

/// Edits one of the JSON lines in place; its new size, `most` at most.
pub fn json_line(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    edited(data, size, most, seed, edit_lines)
}

/// Edits a rule file in place; its new size, `most` at most.
pub fn rule_file(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    edited(data, size, most, seed, rule_file::edit)
}

/// Half of all edits are the fuzzer's.
fn edited(data: &mut [u8], size: usize, most: usize, seed: u32, edit: fn(&str, &mut Unstructured<'_>) -> Result<String>) -> usize {
    let choices = numbers(seed);
    let mut choices = Unstructured::new(&choices);
    if choices.ratio(1, 2).unwrap_or(true) {
        return libfuzzer_sys::fuzzer_mutate(data, size, most);
    }
    let before = String::from_utf8_lossy(&data[..size]).into_owned();
    let Ok(after) = edit(&before, &mut choices) else { return libfuzzer_sys::fuzzer_mutate(data, size, most) };
    let length = after.floor_char_boundary(most.min(data.len()));
    data[..length].copy_from_slice(&after.as_bytes()[..length]);
    length
}

/// The same bytes for the same seed (splitmix64).
fn numbers(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    };
    (0..CHOICES).flat_map(|_| next().to_le_bytes()).collect()
}

/// Puts something in, takes something out, stretches a letter, or says a part again elsewhere.
fn edit_text(text: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let at = place(text, choices)?;
    let (before, after) = text.split_at(at);
    let part = &after[..place(after, choices)?.min(after.floor_char_boundary(48))];
    Ok(match choices.int_in_range(0..=5)? {
        action @ 0..=1 => {
            let pieces = if action == 0 { PIECES } else { PHRASES };
            [before, choices.choose(&pieces.split('|').collect::<Vec<_>>())?, after].concat()
        }
        2 => format!("{before}{}{after}", choices.arbitrary::<char>()?),
        3 => [before, &after[part.len()..]].concat(),
        4 => {
            let letter = after.chars().next().unwrap_or('o').to_string();
            [before, &letter.repeat(choices.int_in_range(1..=MOST_REPEATS)?), after].concat()
        }
        _ => {
            let rest = &after[part.len()..];
            let (between, rest) = rest.split_at(place(rest, choices)?);
            [before, part, between, part, rest].concat()
        }
    })
}

/// Where a character begins, or the end.
fn place(text: &str, choices: &mut Unstructured<'_>) -> Result<usize> {
    Ok(text.floor_char_boundary(choices.int_in_range(0..=text.len())?))
}

fn edit_lines(text: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = choices.choose_index(lines.len())?;
    let object = serde_json::from_str::<Map<String, Value>>(&lines[at]).unwrap_or_default();
    let edited = Value::Object(edit_object(object, choices)?).to_string();
    if choices.ratio(1, 8)? {
        lines.insert(at, edited);
    } else {
        lines[at] = edited;
    }
    Ok(lines.join("\n"))
}

fn edit_object(mut object: Map<String, Value>, choices: &mut Unstructured<'_>) -> Result<Map<String, Value>> {
    let key = *choices.choose(&[
        "text",
        "text",
        "text",
        "text",
        "title",
        "title",
        "rating",
        "rating_max",
        "lang",
        "source",
        "author",
        "readers",
        "repeated",
        "id",
        "other",
    ])?;
    let value = match key {
        _ if choices.ratio(1, 16)? => json!([null, [true], { "text": key }]),
        _ if choices.ratio(1, 32)? => Value::Null,
        "rating" | "rating_max" => json!(choices.choose(NUMBERS)?),
        "readers" | "repeated" => json!(choices.choose(&[0, 1, 2, 100_000, u64::MAX])?),
        "lang" => json!(choices.choose(&["zh", "zh-Hant", "zh-Hans", "zh-TW", "en", "de", "fr", "nl", "ja", "vi", "", "x", "ZH_cn"])?),
        key => Value::String(edit_text(object.get(key).and_then(Value::as_str).unwrap_or_default(), choices)?),
    };
    object.insert(key.to_owned(), value);
    Ok(object)
}
