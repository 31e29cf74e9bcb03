//! Who is spoken of where, in a text that names several brands: its clauses, and whose each of them is.
//!
//! A clause is about the brands it names; one that names none is about those of the clauses before it in its sentence. Where the sentence
//! has not named any yet it may be about the ones before or the ones to come, so it counts for both: what cannot be decided is left
//! with everybody. A word of contrast (`可是`, `but`) begins a clause, and so does the name of another brand, unless the two are named in
//! one breath (`全聯跟50嵐`, `全聯比50嵐貴`).
//!
//! A rival, which the settings list for a brand, takes a clause from us that names it and no brand of ours, and what its sentence goes on
//! to say, and the next sentence where that begins with `their`, `他們`; not where it is only a place or a measure (`全聯旁邊`, `比全聯貴`),
//! or what ours did something to (`把我的凱斯特換掉`). What is said of a rival is said of us, too, where our clause only echoes it (`也是`, `too`).

use std::ops::Range;

use super::script::{ends_clause, ends_sentence, is_han, is_word_letter};
use crate::model::Part;

/// A text that names more brands is a list of them: nobody's clause can be told from it.
pub(super) const MOST_PARTED: usize = 6;

const CONTRASTS: &[&str] = &["可是", "但是", "不过", "然而", "反观", "反而", "倒是", "至于", "但"];
/// `不但`, `再好不过`: no contrast.
const NO_CONTRASTS: &[&str] = &["不但", "非但", "好不过", "不过分", "不过期", "不过敏", "但愿"];
const ENGLISH_CONTRASTS: &[&str] = &["but", "however", "whereas", "while", "yet", "although", "though"];
/// Between two names: they are named in one breath.
const JOINED: &[&str] = &[
    "比",
    "跟",
    "和",
    "与",
    "同",
    "及",
    "或",
    "像",
    "如",
    "、",
    "&",
    "/",
    "+",
    "对",
    "还是",
    "学",
    "抄",
    "抄袭",
    "模仿",
    "仿",
    "收购",
    "并购",
    "买下",
    "把我的",
    "把",
    "将",
    "拿",
    "用",
    "弄坏",
    "弄丢",
];
const ENGLISH_JOINED: &[&str] = &[
    "and",
    "or",
    "than",
    "like",
    "vs",
    "versus",
    "with",
    "to",
    "from",
    "at",
    "in",
    "of",
    "for",
    "by",
    "near",
    "not",
    "as",
    "over",
    "my",
    "our",
    "copied",
    "copies",
    "bought",
    "acquired",
    "sold",
    "replaced",
    "swapped",
    "broke",
    "damaged",
    "scratched",
    "lost",
    "ruined",
];
/// The same, of several words.
const ENGLISH_ECHOED: &[&str] =
    &["so did", "so does", "so do", "so is", "so was", "so has", "so have", "neither did", "neither does", "nor does"];
/// Ends a clause that says of one what the clause before it says of another.
const ECHOES: &[&str] = &[
    "也是",
    "也有",
    "也一样",
    "也这样",
    "也如此",
    "也不例外",
    "也差不多",
    "也会",
    "也没好到哪去",
    "也没比较好",
    "一样烂",
    "一样糟",
    " too",
    " as well",
    " likewise",
    " the same",
    " no better",
    " no different",
];
const PARTICLES: &[char] = &['了', '啊', '啦', '喔', '哦', '耶', '呢', '吧', '的', '捏'];
/// Said of all that were named.
const ALL: &[&str] = &["两家", "两间", "两边", "三家", "两个牌子", "两个品牌"];
const ENGLISH_ALL: &[&str] = &["both", "neither", "either", "all of them"];
/// A sentence that begins so goes on about whom the one before it names.
const BACK: &[&str] = &["他们", "它们", "她们", "他家", "它家", "那家", "那间", "那边", "人家"];
const ENGLISH_BACK: &[&str] = &["they", "they're", "they've", "their", "theirs", "them", "its", "it's", "it"];
/// Before a rival that is a measure, and after one that is a place.
const MEASURES: &[&str] =
    &["比", "跟", "和", "与", "同", "较", "不如", "没", "没有", "于", "去", "找", "换", "到", "在", "从", "给", "像", "赢"];
const ENGLISH_MEASURES: &[&str] = &[
    "than", "to", "as", "like", "with", "from", "use", "try", "and", "or", "over", "near", "at", "by", "opposite", "behind", "for", "not",
    "via", "through",
];
const PLACES: &[&str] = &["旁边", "旁", "对面", "隔壁", "门口", "楼下", "楼上", "附近", "那边", "那里", "里面", "斜对面", "后面", "前面"];
const UNLIKE: &[&str] = &["不像", "不会像"];

/// Where a name stands in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// A number below `owners`; from there on a rival.
    pub(super) owner: usize,
    pub(super) part: Part,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A stretch of a folded text and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) part: Part,
    pub(super) place: Range<usize>,
    /// In order; nobody's where it is a rival's.
    pub(super) owners: Vec<usize>,
    sentence: usize,
    /// Whose names stand in it; a rival is `RIVAL`.
    named: Vec<usize>,
}

const RIVAL: usize = usize::MAX;

/// All clauses with their owners, who are numbered up to `owners`; those of them who are `unnamed` speak wherever nobody is named.
pub(super) fn parted<'a>(parts: impl Iterator<Item = (Part, &'a str)>, names: &[Name], owners: usize, unnamed: &[usize]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut all, mut back, mut echo) = (Vec::new(), Vec::new(), Vec::new());
    for (part, text) in parts {
        let mine: Vec<Name> = names.iter().copied().filter(|name| name.part == part).filter(|name| is_meant(text, name, owners)).collect();
        let sentence = pieces.last().map_or(0, |last| last.sentence + 1);
        for (place, sentence) in clauses(text, &mine, sentence) {
            let inside = mine.iter().filter(|name| place.contains(&name.start));
            let mut named: Vec<usize> = inside.map(|name| if name.owner < owners { name.owner } else { RIVAL }).collect();
            named.sort_unstable();
            named.dedup();
            all.push(says_all(&text[place.clone()]));
            back.push(refers_back(&text[place.clone()]));
            echo.push(echoes(&text[place.clone()]));
            pieces.push(Piece { part, place, owners: Vec::new(), sentence, named });
        }
    }
    let goes_on = |at: usize| goes_on_of_a_rival(&pieces, &back, at);
    let found = |at: usize| if goes_on(at) { Vec::new() } else { whose(&pieces, at, all[at], owners, unnamed) };
    let found: Vec<Vec<usize>> = (0..pieces.len()).map(found).collect();
    for (piece, found) in pieces.iter_mut().zip(found) {
        piece.owners = found;
    }
    for at in (1..pieces.len()).filter(|at| echo[*at]) {
        let (before, here) = pieces.split_at_mut(at);
        let sentence = before[at - 1].sentence;
        let of_rivals = before.iter_mut().rev().take_while(|other| other.sentence == sentence && other.owners.is_empty());
        of_rivals.for_each(|other| other.owners.clone_from(&here[0].owners));
    }
    pieces
}

/// Whose the clause is: nobody's where it is a rival's.
fn whose(pieces: &[Piece], at: usize, says_all: bool, owners: usize, unnamed: &[usize]) -> Vec<usize> {
    let piece = &pieces[at];
    let ours = |named: &[usize]| named.iter().copied().filter(|owner| *owner != RIVAL).collect::<Vec<_>>();
    if !piece.named.is_empty() {
        return ours(&piece.named);
    }
    let everybody = || (0..owners).collect::<Vec<_>>();
    if says_all {
        return everybody();
    }
    let here = |other: &&Piece| other.sentence == piece.sentence;
    let names = |other: &&Piece| !other.named.is_empty();
    if let Some(before) = pieces[..at].iter().rev().take_while(here).find(names) {
        return ours(&before.named);
    }
    let next = pieces[at..].iter().take_while(here).find(names).map(|next| ours(&next.named));
    let before = pieces[..at].iter().rev().find(names).map(|before| ours(&before.named));
    let mut found = match (next, before) {
        (Some(next), Some(before)) => [next, before].concat(),
        // All that was named so far is a rival, and it is another sentence now.
        (None, Some(before)) if before.is_empty() => everybody(),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => everybody(),
    };
    found.extend(unnamed);
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a clause belongs to a sentence without a name so far that begins with a word for the rival of the sentence before.
fn goes_on_of_a_rival(pieces: &[Piece], back: &[bool], at: usize) -> bool {
    let sentence = pieces[at].sentence;
    let first = pieces[..at].iter().rposition(|other| other.sentence != sentence).map_or(0, |before| before + 1);
    let unnamed = pieces[first..].iter().take_while(|other| other.sentence == sentence).all(|other| other.named.is_empty());
    if first == 0 || !back[first] || !unnamed {
        return false;
    }
    let sentence_before = pieces[first - 1].sentence;
    let mut before = pieces[..first].iter().rev().take_while(|other| other.sentence == sentence_before);
    before.find(|other| !other.named.is_empty()).is_some_and(|last| last.named == [RIVAL])
}

fn echoes(clause: &str) -> bool {
    let clause = clause.trim_end_matches(|letter: char| !letter.is_alphanumeric() || PARTICLES.contains(&letter));
    ECHOES.iter().any(|word| clause.ends_with(word))
}

fn refers_back(clause: &str) -> bool {
    let clause = clause.trim_start();
    let first = clause.split(|letter: char| !is_word_letter(letter) && letter != '\'').next().unwrap_or_default();
    BACK.iter().any(|word| clause.starts_with(word)) || ENGLISH_BACK.contains(&first)
}

/// Whether a name means whom it names: a rival that is a place or a measure does not.
fn is_meant(text: &str, name: &Name, owners: usize) -> bool {
    if name.owner < owners {
        return true;
    }
    let (before, after) = (text[..name.start].trim_end(), text[name.end..].trim_start());
    if UNLIKE.iter().any(|word| before.ends_with(word)) {
        return true;
    }
    let last = before.rsplit(|letter: char| !is_word_letter(letter)).next().unwrap_or_default();
    !MEASURES.iter().any(|word| before.ends_with(word))
        && !ENGLISH_MEASURES.contains(&last)
        && !PLACES.iter().any(|word| after.starts_with(word))
}

fn says_all(clause: &str) -> bool {
    ALL.iter().any(|word| clause.contains(word)) || ENGLISH_ALL.iter().any(|word| whole(clause, word).next().is_some())
}

/// The clauses of a folded text in order, each with the number of its sentence, counted from `sentence`.
fn clauses(text: &str, names: &[Name], mut sentence: usize) -> Vec<(Range<usize>, usize)> {
    let mut cuts: Vec<(usize, bool)> = Vec::new();
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map_or('\n', |(_, next)| *next);
        let end = at + letter.len_utf8();
        if ends_clause(letter) {
            cuts.push((end, ends_sentence(letter)));
        } else if letter == '.' && next.is_whitespace() {
            cuts.push((end, true));
        } else if letter == ' ' && is_han(before) && is_han(next) {
            cuts.push((end, false));
        }
        before = letter;
    }
    cuts.extend(contrasts(text).map(|at| (at, false)));
    // Where a sign or a word of contrast stands between two names, it parts them already.
    let is_parted = |between: &Range<usize>| cuts.iter().any(|(at, _)| (between.start..=between.end).contains(at));
    let further: Vec<(usize, bool)> =
        changes(text, names).filter(|between| !is_parted(between)).map(|between| (between.end, false)).collect();
    cuts.extend(further);
    cuts.push((text.len(), true));
    cuts.sort_unstable();
    let mut clauses = Vec::with_capacity(cuts.len());
    let mut from = 0;
    for (at, of_sentence) in cuts {
        if at > from {
            clauses.push((from..at, sentence));
            from = at;
        }
        sentence += usize::from(of_sentence);
    }
    clauses
}

/// Where words of contrast begin, in no order.
pub(super) fn contrasts(text: &str) -> impl Iterator<Item = usize> {
    let chinese = CONTRASTS.iter().flat_map(move |word| text.match_indices(word)).map(|(at, _)| at).filter(move |at| !is_none(text, *at));
    let english = ENGLISH_CONTRASTS.iter().flat_map(move |word| whole(text, word));
    chinese.chain(english)
}

/// Whether a longer word stands there that is no contrast.
fn is_none(text: &str, at: usize) -> bool {
    NO_CONTRASTS.iter().any(|word| {
        let reach = word.chars().next().map_or(0, char::len_utf8);
        [at, at.saturating_sub(reach)].iter().any(|from| text.get(*from..).is_some_and(|rest| rest.starts_with(word)))
    })
}

/// From a name to the next one that is another's, where the two are not named in one breath.
fn changes(text: &str, names: &[Name]) -> impl Iterator<Item = Range<usize>> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable_by_key(|name| (name.start, name.end));
    let pairs: Vec<(Name, Name)> = sorted.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs
        .into_iter()
        .filter(move |(one, next)| one.owner != next.owner && next.start > one.end && !joins(&text[one.end..next.start]))
        .map(|(one, next)| one.end..next.start)
}

fn joins(between: &str) -> bool {
    let between = between.trim();
    let last = between.rsplit(|letter: char| !is_word_letter(letter)).next().unwrap_or_default();
    between.is_empty()
        || JOINED.iter().any(|word| between.ends_with(word))
        || ENGLISH_JOINED.contains(&last)
        || ENGLISH_ECHOED.iter().any(|words| between.ends_with(words))
}

/// Where a Latin word stands whole.
fn whole(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let alone = move |at: &usize| !text[..*at].ends_with(is_word_letter) && !text[at + word.len()..].starts_with(is_word_letter);
    text.match_indices(word).map(|(at, _)| at).filter(alone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fold::fold;

    /// What is said of each owner, as one line each; of a rival last.
    fn said(text: &str, owners: &[&str], rivals: &[&str]) -> Vec<String> {
        let folded = fold(text);
        let text = folded.text();
        let mut names = Vec::new();
        for (owner, word) in owners.iter().chain(rivals).enumerate() {
            let word = fold(word);
            let found = text.match_indices(word.text()).map(|(start, word)| (start, start + word.len()));
            names.extend(found.map(|(start, end)| Name { owner, part: Part::Text, start, end }));
        }
        let pieces = parted([(Part::Text, text)].into_iter(), &names, owners.len(), &[]);
        let of = |wanted: &dyn Fn(&Piece) -> bool| {
            pieces.iter().filter(|piece| wanted(piece)).map(|piece| &text[piece.place.clone()]).collect::<String>()
        };
        let mut all: Vec<String> = (0..owners.len()).map(|owner| of(&|piece| piece.owners.contains(&owner))).collect();
        all.extend((!rivals.is_empty()).then(|| of(&|piece| piece.owners.is_empty())));
        all
    }

    #[test]
    fn a_clause_is_about_the_brand_it_names_or_the_one_before() {
        let both = ["50嵐", "全聯"];
        for (text, of_one, of_other) in [
            ("50嵐很好喝，可是全聯多收我錢還罵人", "50岚很好喝,", "可是全联多收我钱还骂人"),
            ("全聯多收我錢還罵人，之後去50嵐買飲料，很好喝", "之后去50岚买饮料,很好喝", "全联多收我钱还骂人,"),
            ("50嵐很好喝但全聯罵人", "50岚很好喝", "但全联骂人"),
            ("50嵐很好喝全聯罵人", "50岚很好喝", "全联骂人"),
            ("50嵐很好喝 全聯罵人", "50岚很好喝 ", "全联骂人"),
            ("50嵐不但好喝，還便宜。全聯罵人", "50岚不但好喝,还便宜。", "全联骂人"),
            ("全聯跟50嵐都多收我錢", "全联跟50岚都多收我钱", "全联跟50岚都多收我钱"),
            ("全聯比50嵐貴", "全联比50岚贵", "全联比50岚贵"),
            ("50嵐好喝。店員罵人，全聯真爛", "50岚好喝。店员骂人,", "店员骂人,全联真烂"),
            ("店員罵人，全聯真爛，50嵐好喝", "50岚好喝", "店员骂人,全联真烂,"),
            ("50嵐好喝，全聯便宜，兩家都罵人", "50岚好喝,两家都骂人", "全联便宜,两家都骂人"),
        ] {
            assert_eq!(said(text, &both, &[]), [of_one, of_other], "{text}");
        }
        let english = "Love Kestrel coffee, but Lanting charged me twice. And swore at me. Kestrel is lovely";
        let [of_one, of_other] = ["love kestrel coffee,  kestrel is lovely", "but lanting charged me twice. and swore at me."];
        assert_eq!(said(english, &["Kestrel", "Lanting"], &[]), [of_one, of_other]);
    }

    #[test]
    fn a_rival_takes_what_is_said_of_it_alone() {
        for (text, ours, theirs) in [
            ("50嵐很好喝，可是清心多收我錢，還罵人", "50岚很好喝,", "可是清心多收我钱,还骂人"),
            ("50嵐很好喝，清心罵人。店員態度差", "50岚很好喝,店员态度差", "清心骂人。"),
            ("清心難喝。店員罵人", "店员骂人", "清心难喝。"),
            ("50嵐比清心難喝，店員罵人", "50岚比清心难喝,店员骂人", ""),
            ("在清心旁邊的50嵐，店員罵人", "在清心旁边的50岚,店员骂人", ""),
            ("清心對面那家，店員罵人", "清心对面那家,店员骂人", ""),
            ("清心跟50嵐都罵人", "清心跟50岚都骂人", ""),
            ("50嵐不像清心多收我錢", "50岚不像清心多收我钱", ""),
            ("50嵐不錯。清心比較便宜。他們店員罵人，還多收錢", "50岚不错。", "清心比较便宜。他们店员骂人,还多收钱"),
            ("清心便宜。他們沒有50嵐好喝，店員罵人", "他们没有50岚好喝,店员骂人", "清心便宜。"),
            ("清心便宜。50嵐呢。他們店員罵人", "50岚呢。他们店员骂人", "清心便宜。"),
            ("清心喝完拉肚子，50嵐也是", "清心喝完拉肚子,50岚也是", ""),
            ("清心有蟑螂，50嵐也有啦！", "清心有蟑螂,50岚也有啦!", ""),
            ("清心難喝，50嵐也有好喝的", "50岚也有好喝的", "清心难喝,"),
            ("50嵐學清心，飲料裡都有蟑螂", "50岚学清心,饮料里都有蟑螂", ""),
            ("50嵐把我的清心換掉，結果爆炸了", "50岚把我的清心换掉,结果爆炸了", ""),
        ] {
            assert_eq!(said(text, &["50嵐"], &["清心"]), [ours, theirs], "{text}");
        }
        for (text, ours, theirs) in [
            ("Lanting made me sick and so did Kestrel", "lanting made me sick and so did kestrel", ""),
            ("Lanting burned me, Kestrel too.", "lanting burned me, kestrel too.", ""),
            ("Kestrel copied Lanting and the kettle caught fire", "kestrel copied lanting and the kettle caught fire", ""),
            ("Kestrel swapped my Lanting and broke the screen", "kestrel swapped my lanting and broke the screen", ""),
            ("Lanting burned me, Kestrel is lovely.", " kestrel is lovely.", "lanting burned me,"),
        ] {
            assert_eq!(said(text, &["Kestrel"], &["Lanting"]), [ours, theirs], "{text}");
        }
    }
}
