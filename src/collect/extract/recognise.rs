//! What an HTML document is when it is not what we came for: a login page, a barrier, a page that is not there, or just a page.
//!
//! Any page may have a login link, a form with a captcha, or an article on captchas. So marks count only together with what a
//! reader sees: a barrier says little and says it to the visitor.

mod words;

use crate::collect::fetch::FetchFailure;
use crate::collect::normalise::text;
use crate::model::{FailureKind, Phrase};
use crate::outbound::barriers as marks;

/// Barriers and login forms show themselves early.
const LOOK_WITHIN: usize = 256 * 1024;

/// Characters a reader sees on pages of each kind; real pages of reviews show more.
const BARRIER_SHOWS: usize = 2_500;
const BARRIER_SHOWS_LITTLE: usize = 900;
const SHELL_SHOWS: usize = 250;
const SENTENCE_SHOWS: usize = 120;
const LOGIN_SHOWS: usize = 2_000;
const ABSENT_SHOWS: usize = 1_500;

/// A barrier has its say at once.
const SAID_WITHIN: usize = 400;

/// Links of a page that is a part of a site; barriers have a handful.
const LINKS_OF_A_SITE: usize = 25;

/// Whether the document is HTML rather than a feed.
#[must_use]
pub fn is_html(text: &str) -> bool {
    let head = head(text, 1024).to_ascii_lowercase();
    let head = after_comments(head.trim_start());
    head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<head") || head.starts_with("<body")
}

/// A login page, a barrier, a page that is not there, or (`otherwise`) neither, with a sentence for the operator.
#[must_use]
pub fn page_kind(text: &str, otherwise: FailureKind) -> (FailureKind, String) {
    let found = page(text, otherwise);
    (found.kind, found.detail)
}

/// The same as a failure.
#[must_use]
pub fn page(text: &str, otherwise: FailureKind) -> FetchFailure {
    let page = Page::of(text);
    if let Some(mark) = page.barrier() {
        let detail = format!("the page looks like a barrier ({mark})");
        return FetchFailure::new(FailureKind::Blocked, detail).told(Phrase::said("what_barrier").with("mark", mark));
    }
    if page.is_login() {
        return FetchFailure::new(FailureKind::LoginPage, "the page asks to log in").told(Phrase::said("what_login"));
    }
    if let Some(words) = page.is_absent() {
        let detail = format!("the page says that it is not there ({words:?}), though with a good status");
        return FetchFailure::new(FailureKind::NotFound, detail).told(Phrase::said("what_says_absent").with("words", words));
    }
    let shown: String = page.title.chars().take(80).collect();
    let (detail, key) = if page.is_shell() {
        (format!("the answer is an HTML page titled {shown:?} that shows nothing before its scripts have run"), "what_shell")
    } else {
        (format!("the answer is an HTML page titled {shown:?}"), "what_page")
    };
    FetchFailure::new(otherwise, detail).told(Phrase::said(key).with("title", shown))
}

/// Whether a page shows nothing before its scripts have run.
#[must_use]
pub fn is_shell(text: &str) -> bool {
    Page::of(text).is_shell()
}

/// A page as far as its kind shows, in lower case.
struct Page {
    source: String,
    title: String,
    /// What a reader sees.
    shown: String,
    characters: usize,
    links: usize,
}

impl Page {
    fn of(text: &str) -> Self {
        let head = head(text, LOOK_WITHIN);
        let source = head.to_lowercase();
        let shown = text::from_markup(head).to_lowercase();
        // What lies beyond is content, too.
        let beyond = (text.len() - head.len()) / 20;
        let characters = shown.chars().filter(|c| !c.is_whitespace()).count() + beyond;
        let links = source.matches("<a ").count();
        let title = text::from_markup(title(&source));
        Self { title, shown, characters, links, source }
    }

    /// The name or the words of a barrier.
    fn barrier(&self) -> Option<&'static str> {
        if self.characters > BARRIER_SHOWS {
            return None;
        }
        if let Some((_, name)) = marks::OWN_MARKS.iter().find(|(mark, _)| self.source.contains(mark)) {
            return Some(name);
        }
        let titled = marks::BARRIER_TITLES.iter().find(|title| self.title.starts_with(**title) || self.has_segment(title));
        if let Some(title) = titled.filter(|_| self.links < LINKS_OF_A_SITE && !self.is_article()) {
            return Some(title);
        }
        let widget = marks::WIDGETS.iter().find(|(mark, _)| self.source.contains(mark)).map(|(_, name)| *name);
        if widget.is_some() && self.characters <= SHELL_SHOWS && !self.has_form_for_others() && !self.is_article() {
            return widget;
        }
        if self.characters > BARRIER_SHOWS_LITTLE || self.links >= LINKS_OF_A_SITE || self.is_article() {
            return None;
        }
        let early = head(&self.shown, SAID_WITHIN * 3);
        marks::BARRIER_WORDS.iter().find(|words| self.title.contains(**words) || early.contains(**words)).copied()
    }

    fn is_login(&self) -> bool {
        if self.characters > LOGIN_SHOWS {
            return false;
        }
        let password = ["type=\"password\"", "type='password'", "type=password"].iter().any(|field| self.source.contains(field));
        let titled = words::LOGIN_TITLES.iter().any(|title| self.has_segment(title) || self.title == *title);
        let asked = words::LOGIN_WORDS.iter().any(|words| head(&self.shown, SAID_WITHIN * 3).contains(words));
        let bare = self.links < LINKS_OF_A_SITE && self.characters <= BARRIER_SHOWS_LITTLE && !self.is_article();
        titled && (password || bare) || password && bare || asked && bare || self.leads_to_login()
    }

    /// Nothing but a way to the login page.
    fn leads_to_login(&self) -> bool {
        let moves =
            ["http-equiv=\"refresh\"", "http-equiv='refresh'", "http-equiv=refresh", "location.href", "location.replace", "location="];
        let goes_to = ["/login", "/signin", "/sign-in", "/sign_in", "passport.", "login.", "/sso", "/cas/", "/auth/"];
        self.characters <= SHELL_SHOWS
            && moves.iter().any(|mark| self.source.contains(mark))
            && goes_to.iter().any(|mark| self.source.contains(mark))
    }

    fn is_absent(&self) -> Option<&'static str> {
        if self.characters > ABSENT_SHOWS {
            return None;
        }
        let titled = words::ABSENT.iter().find(|words| self.title.contains(**words));
        let first = head(&self.shown, SAID_WITHIN);
        let shown = || words::ABSENT.iter().find(|words| self.characters <= SENTENCE_SHOWS && first.contains(**words));
        titled.or_else(shown).copied()
    }

    /// A page that scripts will fill.
    fn is_shell(&self) -> bool {
        self.characters <= SHELL_SHOWS && self.source.contains("<script")
    }

    /// A form whose captcha guards writing, as a comment's or a newsletter's does.
    fn has_form_for_others(&self) -> bool {
        self.source.contains("<textarea") || self.source.contains("type=\"email\"")
    }

    /// Somebody writes about something.
    fn is_article(&self) -> bool {
        let paragraphs = self.source.matches("<p>").count() + self.source.matches("<p ").count();
        self.source.contains("<article") || paragraphs > 5
    }

    /// One of the parts that a title is made of (`Log in | Shop`).
    fn has_segment(&self, wanted: &str) -> bool {
        self.title.split(['|', '-', '–', '—', '_', '·', ':', '：', '»', '•', '｜', '，', ',']).any(|part| part.trim() == wanted)
    }
}

fn title(lower: &str) -> &str {
    let Some(open) = lower.find("<title") else { return "" };
    let Some(start) = lower[open..].find('>').map(|at| open + at + 1) else { return "" };
    let end = lower[start..].find("</title").map_or(lower.len(), |at| start + at);
    head(lower[start..end].trim(), 512)
}

/// The text behind the comments at its beginning.
#[must_use]
pub fn after_comments(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix("<!--") {
        let Some(end) = rest.find("-->") else { return text };
        text = rest[end + 3..].trim_start();
    }
    text
}

/// The first `bytes` of a text, cut at a character.
#[must_use]
pub fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests;
