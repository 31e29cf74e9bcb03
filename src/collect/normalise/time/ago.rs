//! `3 hours ago`, `3小時前`, `vor 2 Tagen`: how long ago, in seconds. Months and years are of a usual length.

use std::sync::LazyLock;

use regex::Regex;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

/// Said of what has only just happened.
const NOW: &[&str] = &[
    "just now",
    "now",
    "a moment ago",
    "moments ago",
    "刚刚",
    "剛剛",
    "剛才",
    "刚才",
    "たった今",
    "今",
    "방금",
    "gerade eben",
    "jetzt",
    "a l'instant",
    "ahora",
    "zojuist",
    "только что",
    "vua xong",
    "agora",
];

/// Words before or after that say it is past; without one `3 hours` is a duration.
static PAST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\bago\b|^vor\b|^il y a\b|^hace\b|^ha\b|\bgeleden\b|\btruoc\b|\btrước\b|\bназад\b|\bfa$|\batras\b|\btemu\b|\bsiden\b|\bsedan\b|\bonce\b|\blalu\b|前|전)")
        .expect("the pattern is valid")
});

static CJK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(\d{1,4}|半|[一二两兩三四五六七八九十]{1,3})\s*(?:个|個|か|ヶ|カ)?\s*(半)?(秒|分|小时|小時|時間|钟头|鐘頭|日間|天|日|周|週|星期|礼拜|禮拜|月|年|초|분|시간|일|주|개월|달|년)",
    )
    .expect("the pattern is valid")
});

static LATIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\b|^)(\d{1,4}|\p{L}{1,6})\s*(\p{L}{1,10})").expect("the pattern is valid"));

/// By its beginning, without accents; the longer one first where one begins another.
const UNITS: &[(&str, i64)] = &[
    ("s", 1),
    ("sec", 1),
    ("secs", 1),
    ("second", 1),
    ("seconds", 1),
    ("sekunde", 1),
    ("sekunden", 1),
    ("seconde", 1),
    ("secondes", 1),
    ("seconden", 1),
    ("segundo", 1),
    ("segundos", 1),
    ("secondi", 1),
    ("secondo", 1),
    ("giay", 1),
    ("секунд", 1),
    ("секунды", 1),
    ("секунду", 1),
    ("m", MINUTE),
    ("min", MINUTE),
    ("mins", MINUTE),
    ("minute", MINUTE),
    ("minutes", MINUTE),
    ("minuten", MINUTE),
    ("minuut", MINUTE),
    ("minuto", MINUTE),
    ("minutos", MINUTE),
    ("minuti", MINUTE),
    ("phut", MINUTE),
    ("минут", MINUTE),
    ("минуты", MINUTE),
    ("минуту", MINUTE),
    ("menit", MINUTE),
    ("h", HOUR),
    ("hr", HOUR),
    ("hrs", HOUR),
    ("hour", HOUR),
    ("hours", HOUR),
    ("stunde", HOUR),
    ("stunden", HOUR),
    ("heure", HOUR),
    ("heures", HOUR),
    ("hora", HOUR),
    ("horas", HOUR),
    ("ora", HOUR),
    ("ore", HOUR),
    ("uur", HOUR),
    ("gio", HOUR),
    ("час", HOUR),
    ("часа", HOUR),
    ("часов", HOUR),
    ("godzin", HOUR),
    ("godziny", HOUR),
    ("jam", HOUR),
    ("d", DAY),
    ("day", DAY),
    ("days", DAY),
    ("tag", DAY),
    ("tage", DAY),
    ("tagen", DAY),
    ("jour", DAY),
    ("jours", DAY),
    ("dia", DAY),
    ("dias", DAY),
    ("giorno", DAY),
    ("giorni", DAY),
    ("dag", DAY),
    ("dagen", DAY),
    ("ngay", DAY),
    ("день", DAY),
    ("дня", DAY),
    ("дней", DAY),
    ("днеи", DAY),
    ("dni", DAY),
    ("dzien", DAY),
    ("hari", DAY),
    ("w", 7 * DAY),
    ("week", 7 * DAY),
    ("weeks", 7 * DAY),
    ("woche", 7 * DAY),
    ("wochen", 7 * DAY),
    ("semaine", 7 * DAY),
    ("semaines", 7 * DAY),
    ("semana", 7 * DAY),
    ("semanas", 7 * DAY),
    ("settimana", 7 * DAY),
    ("settimane", 7 * DAY),
    ("weken", 7 * DAY),
    ("tuan", 7 * DAY),
    ("неделю", 7 * DAY),
    ("недели", 7 * DAY),
    ("недель", 7 * DAY),
    ("minggu", 7 * DAY),
    ("mo", MONTH),
    ("month", MONTH),
    ("months", MONTH),
    ("monat", MONTH),
    ("monate", MONTH),
    ("monaten", MONTH),
    ("mois", MONTH),
    ("mes", MONTH),
    ("meses", MONTH),
    ("mese", MONTH),
    ("mesi", MONTH),
    ("maand", MONTH),
    ("maanden", MONTH),
    ("thang", MONTH),
    ("месяц", MONTH),
    ("месяца", MONTH),
    ("месяцев", MONTH),
    ("bulan", MONTH),
    ("y", YEAR),
    ("yr", YEAR),
    ("yrs", YEAR),
    ("year", YEAR),
    ("years", YEAR),
    ("jahr", YEAR),
    ("jahre", YEAR),
    ("jahren", YEAR),
    ("an", YEAR),
    ("ans", YEAR),
    ("ano", YEAR),
    ("anos", YEAR),
    ("anno", YEAR),
    ("anni", YEAR),
    ("jaar", YEAR),
    ("nam", YEAR),
    ("год", YEAR),
    ("года", YEAR),
    ("лет", YEAR),
    ("tahun", YEAR),
];

/// One of it, in words.
const ONE: &[&str] = &["a", "an", "one", "ein", "eine", "einem", "einer", "un", "une", "una", "uno", "um", "uma", "een", "mot", "1"];

/// How many seconds ago, where the text says so. The text is folded.
pub(super) fn seconds(text: &str) -> Option<i64> {
    if NOW.contains(&text) {
        return Some(0);
    }
    let past = PAST.find(text)?;
    let said = if past.start() == 0 { &text[past.end()..] } else { &text[..past.start()] };
    let mut total = 0i64;
    let cjk: Vec<_> = CJK.captures_iter(said).collect();
    for found in &cjk {
        let unit = cjk_seconds(&found[3]);
        let half = i64::from(found.get(2).is_some());
        total += if &found[1] == "半" { unit / 2 } else { number(&found[1])?.checked_mul(unit)? + half * unit / 2 };
    }
    if cjk.is_empty() {
        for found in LATIN.captures_iter(said) {
            let Some((_, unit)) = UNITS.iter().find(|(word, _)| *word == &found[2]) else { continue };
            let count = if ONE.contains(&&found[1]) { 1 } else { found[1].parse().ok()? };
            total = total.checked_add(unit.checked_mul(count)?)?;
        }
    }
    (total > 0).then_some(total)
}

fn cjk_seconds(unit: &str) -> i64 {
    match unit {
        "秒" | "초" => 1,
        "分" | "분" => MINUTE,
        "小时" | "小時" | "時間" | "钟头" | "鐘頭" | "시간" => HOUR,
        "周" | "週" | "星期" | "礼拜" | "禮拜" | "주" => 7 * DAY,
        "月" | "개월" | "달" => MONTH,
        "年" | "년" => YEAR,
        _ => DAY,
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| super::date::chinese_number(text))
}
