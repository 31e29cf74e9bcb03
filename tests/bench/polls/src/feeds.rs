//! The documents of the site: entries of a fixed generator, half a kilobyte each, review-like, in Chinese and English.

use std::fmt::Write as _;

/// What the brand of the run is called; a part of the entries names it.
pub(crate) const BRAND: &str = "Kettlebrook";
/// Texts that the entries take theirs from, in turns.
const TEXTS: usize = 4_096;

/// A generator of numbers that is the same on every machine (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

/// Every feed of the site.
pub(crate) struct Feeds {
    /// Entries of one document.
    pub(crate) entries: usize,
    /// Of a hundred entries, so many name the brand.
    pub(crate) naming: usize,
    /// Those that name it complain in the words of one of the made rules.
    pub(crate) complains: bool,
    texts: Vec<String>,
}

impl Feeds {
    pub(crate) fn new(entries: usize, naming: usize) -> Self {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let texts = (0..TEXTS).map(|_| if dice.below(5) < 3 { chinese(&mut dice) } else { english(&mut dice) }).collect();
        Self { entries, naming, complains: false, texts }
    }

    /// The document of a feed after it has shown `shown` entries beyond its first ones; the newest comes first.
    pub(crate) fn document(&self, feed: usize, shown: usize) -> String {
        let mut out = String::with_capacity(600 * self.entries);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\n");
        let _ = writeln!(out, "<title>Feed {feed}</title><link>http://site.test/{feed}</link><description>Reviews</description>");
        for entry in (shown..shown + self.entries).rev() {
            self.entry(&mut out, feed, entry);
        }
        out.push_str("</channel></rss>\n");
        out
    }

    fn entry(&self, out: &mut String, feed: usize, entry: usize) {
        // A complaint that was read before would be no new one.
        let own = self.complains.then(|| english(&mut Dice(((feed * 100_003 + entry) as u64 * 2 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))));
        let text = own.as_ref().unwrap_or(&self.texts[(feed * 7_919 + entry) % TEXTS]);
        let title = &text[..text.floor_char_boundary(40)];
        let brand = if (feed + entry) % 100 < self.naming { BRAND } else { "The shop" };
        let complaint = if self.complains { format!(" late number{} ", (feed * 53 + entry) % 1_000) } else { String::new() };
        let (minute, hour) = (entry % 60, entry / 60 % 24);
        let _ = writeln!(
            out,
            "<item><title>{title}</title><link>http://site.test/{feed}/{entry}</link><guid isPermaLink=\"false\">site-{feed}-{entry}</guid>\
             <pubDate>Mon, 23 Nov 2026 {hour:02}:{minute:02}:00 +0800</pubDate><description>&lt;p&gt;{brand} {feed}/{entry}: {complaint}{text}&lt;/p&gt;</description></item>"
        );
    }
}

fn chinese(dice: &mut Dice) -> String {
    let mut text = String::new();
    let length = 110 + dice.below(160);
    while text.len() < length {
        for _ in 0..3 + dice.below(9) {
            let limit = common(dice);
            let number = dice.below(limit) * 7_919 % 20_000;
            text.extend(u32::try_from(number).ok().and_then(|number| char::from_u32(0x4E00 + number)));
        }
        text.push(['，', '。', '！', '、'][dice.below(4)]);
    }
    text
}

fn english(dice: &mut Dice) -> String {
    const PARTS: &[&str] =
        &["ba", "ker", "lo", "min", "ta", "ro", "sen", "ving", "del", "pa", "shi", "mon", "ter", "la", "con", "ex", "tion"];
    let mut text = String::new();
    let length = 110 + dice.below(160);
    while text.len() < length {
        for _ in 0..1 + dice.below(3) {
            text.push_str(PARTS[dice.below(PARTS.len())]);
        }
        text.push(' ');
    }
    text
}

/// Few characters are common and most are rare.
fn common(dice: &mut Dice) -> usize {
    1 + dice.below(2_500)
}
