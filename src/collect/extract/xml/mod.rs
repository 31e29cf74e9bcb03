//! Feeds in XML of any dialect: RSS 0.90 to 2.0 and 1.1, RDF, Atom 0.3 and 1.0, CDF, well-formed or not.
//!
//! One pass over the tags, without a tree. An element closes when its end tag comes, or that of one around it; an end tag that nothing
//! waits for is passed over. So a fault costs what stands inside it and nothing else, and an item that the document's end cuts in two
//! is not taken for whole.

mod draft;
mod entity;
mod names;
mod token;
mod words;

use std::collections::VecDeque;

use url::Url;

use self::draft::Draft;
use self::entity::Entities;
use self::names::{Field, Scope, Space, field, holds_rhythm, rhythm};
use self::token::{Tag, Token, Tokens, attribute};
use self::words::Form;
use super::{Context, Raw, failure, kept};
use crate::collect::asks::Spoken;
use crate::collect::fetch::FetchFailure;
use crate::collect::guard::guarded;
use crate::collect::normalise::time;
use crate::model::{Asks, FailureKind, Phrase};

/// Real feeds stay below twenty levels, and inline pages below a hundred. Of markup inside a text that is deeper no element is
/// remembered, only how many are open: it is read as text all the same.
const DEPTH_MAX: usize = 512;

/// A feed that a page is wrapped around stands in its body.
const ROOT_WITHIN: usize = 4;

/// A feed of 40,000 items has some 250,000.
const ELEMENTS_MAX: usize = 1_000_000;

/// What a document came to.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) entries: VecDeque<Raw>,
    /// The outermost element is one of a feed.
    pub(super) is_feed: bool,
    /// Elements that seem to be items, whole or not, in whatever namespace.
    pub(super) looks_like: usize,
    /// The document ends before its outermost element does.
    pub(super) cut: bool,
    /// Elements of the feed itself do not close as they should.
    pub(super) crooked: bool,
    /// Items that we failed on.
    pub(super) lost: usize,
    /// It has more items than were read.
    pub(super) has_more: bool,
    /// What the feed asks for, itself.
    pub(super) asks: Asks,
}

/// Reads at most `context.max_items` items: which ones, and where more of them, see `kept`.
///
/// # Errors
/// `TooBig`: nested too deeply, or too many elements.
pub(super) fn read(text: &str, context: &Context<'_>) -> Result<Reading, FetchFailure> {
    let mut reader = Reader::new(text, context);
    while let Some(token) = reader.tokens.next() {
        match token {
            Token::Open(tag) => reader.open(tag)?,
            Token::Close { name, start } => reader.close(name, start),
            Token::Text(text) => reader.words(text, false),
            Token::Cdata(text) => reader.words(text, true),
        }
        if reader.reading.entries.len() > context.max_items && !reader.make_room() {
            return Ok(reader.finish(false));
        }
    }
    Ok(reader.finish(true))
}

/// What an open element is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The feed or its channel.
    Feed,
    Item,
    /// Its children are the item's.
    Group,
    /// Its content is being written down.
    Field,
    /// Whatever it is, nothing in it is for us but items.
    Foreign,
}

#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    role: Role,
    /// The scope outside of it.
    scope: usize,
    /// Whether it has an `xml:base`.
    based: bool,
}

/// The field whose content is being written down.
#[derive(Debug)]
struct Capture<'a> {
    field: Field,
    form: Form,
    tag: Tag<'a>,
    /// How many elements are open with it.
    depth: usize,
    /// Its text, references resolved; the inside as written is used where there are elements in it.
    text: String,
    has_elements: bool,
}

struct Reader<'a, 'c> {
    text: &'a str,
    context: &'c Context<'c>,
    tokens: Tokens<'a>,
    entities: Entities<'a>,
    scope: Scope<'a>,
    open: Vec<Open<'a>>,
    bases: Vec<Url>,
    drafts: Vec<Draft>,
    capture: Option<Capture<'a>>,
    elements: usize,
    /// Open elements of a text that are too deep to be remembered.
    sunk: usize,
    atom: bool,
    /// With whether it is the feed's own address rather than its site's.
    site: Option<(Url, bool)>,
    author: Option<String>,
    asks: Spoken,
    reading: Reading,
}

impl<'a, 'c> Reader<'a, 'c> {
    fn new(text: &'a str, context: &'c Context<'c>) -> Self {
        Self {
            text,
            context,
            tokens: Tokens::new(text),
            entities: Entities::of(text),
            scope: Scope::default(),
            open: Vec::new(),
            bases: Vec::new(),
            drafts: Vec::new(),
            capture: None,
            elements: 0,
            sunk: 0,
            atom: false,
            site: None,
            author: None,
            asks: Spoken::default(),
            reading: Reading::default(),
        }
    }

    fn open(&mut self, tag: Tag<'a>) -> Result<(), FetchFailure> {
        self.elements += 1;
        limit(self.elements, ELEMENTS_MAX, "elements")?;
        if self.open.len() >= DEPTH_MAX && self.capture.as_ref().is_some_and(|capture| capture.field.is_long()) {
            self.sunk += usize::from(!tag.empty);
            return Ok(());
        }
        limit(self.open.len(), DEPTH_MAX, "levels of nesting")?;
        let scope = self.scope.len();
        self.scope.enter(tag.attributes, self.open.is_empty());
        let (space, local) = self.scope.split(tag.name);
        let looks_like_item = local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry");
        self.reading.looks_like += usize::from(looks_like_item);
        let is_item = looks_like_item && matches!(space, Space::Rss | Space::Atom);
        if self.interrupts(is_item, space, local) {
            self.cut_short(tag.start);
        }
        let known = if self.capture.is_some() { None } else { self.field(space, local) };
        if words::is_root(local) && !self.reading.is_feed {
            self.reading.is_feed = self.open.len() < ROOT_WITHIN;
            self.atom = space == Space::Atom || local.eq_ignore_ascii_case("feed");
        }
        let based = self.enter_base(tag.attributes);
        let role = if self.capture.is_some() {
            Role::Foreign
        } else if is_item {
            self.begin_item(tag);
            Role::Item
        } else {
            self.role(local, known)
        };
        if let Some(capture) = &mut self.capture {
            capture.has_elements = true;
        }
        self.open.push(Open { name: tag.name, role, scope, based });
        if let (Role::Field, Some(field)) = (role, known) {
            let form = Form::of(field, space, self.atom, tag.attributes);
            self.capture = Some(Capture { field, form, tag, depth: self.open.len(), text: String::new(), has_elements: false });
        }
        if tag.empty {
            self.leave(tag.end);
        }
        Ok(())
    }

    /// What the element tells of the item or the feed it stands in.
    fn field(&self, space: Space, local: &str) -> Option<Field> {
        match self.open.last()?.role {
            Role::Item | Role::Group => field(space, local),
            // `a` is a link only of CDF's items.
            Role::Feed if local.len() > 1 => {
                field(space, local).filter(|field| matches!(field, Field::Link | Field::Author(_))).or_else(|| rhythm(space, local))
            }
            Role::Feed | Role::Field | Role::Foreign => None,
        }
    }

    fn role(&self, local: &str, known: Option<Field>) -> Role {
        match known {
            Some(Field::Group) => Role::Group,
            Some(_) => Role::Field,
            None if self.open.is_empty() || (words::is_root(local) && self.open.len() < ROOT_WITHIN) => Role::Feed,
            // RSS nests its channel, CDF its channels, RDF and RSS 1.1 their lists.
            None if self.open.last().is_some_and(|open| open.role == Role::Feed)
                && (local.eq_ignore_ascii_case("channel") || holds_rhythm(local)) =>
            {
                Role::Feed
            }
            None => Role::Foreign,
        }
    }

    /// A short field never holds another one: where one begins, its end tag was forgotten. An item is in no field of another one
    /// unless that is markup of its own.
    fn interrupts(&self, is_item: bool, space: Space, local: &str) -> bool {
        let Some(capture) = &self.capture else { return false };
        if is_item {
            return !capture.field.is_long() || self.open.len() == capture.depth;
        }
        !capture.field.is_long() && space != Space::Xhtml && field(space, local).is_some()
    }

    /// Closes the field being written down, and what is open in it.
    fn cut_short(&mut self, at: usize) {
        let Some(depth) = self.capture.as_ref().map(|capture| capture.depth) else { return };
        self.reading.crooked = true;
        while self.open.len() >= depth {
            self.leave(at);
        }
    }

    fn begin_item(&mut self, tag: Tag<'a>) {
        self.drafts.push(Draft::of_tag(tag.attributes, self.bases.last(), self.context));
    }

    /// `xml:base` is relative to the one around it.
    fn enter_base(&mut self, attributes: &str) -> bool {
        // CDF's channel has it without a prefix, and all in capitals.
        let may = attributes.contains("base=") || attributes.contains("BASE=");
        let Some(stated) = may.then(|| attribute(attributes, "base")).flatten() else { return false };
        let around = self.bases.last().unwrap_or(self.context.base);
        let Ok(base) = around.join(&draft::unescape(stated)) else { return false };
        self.bases.push(base);
        true
    }

    fn words(&mut self, text: &str, literal: bool) {
        let Some(capture) = &mut self.capture else { return };
        let write = capture.form.write();
        if literal {
            capture.form.literal(text, &mut capture.text);
        } else {
            self.entities.resolve(text, write, &mut capture.text);
        }
    }

    /// Ends the element of this name, and those inside it that were never closed.
    fn close(&mut self, name: &str, start: usize) {
        if self.sunk > 0 && !self.surfaces(name) {
            self.sunk -= 1;
            return;
        }
        self.sunk = 0;
        let floor = self.capture.as_ref().map_or(0, |capture| capture.depth - 1);
        let Some(at) = self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) else {
            // Texts hold sloppy markup; a title or an id does not.
            let in_text = self.capture.as_ref().is_some_and(|capture| matches!(capture.field, Field::Content | Field::Summary(_)));
            self.reading.crooked |= !in_text;
            return;
        };
        // Markup inside a long field does not close what is around it.
        if at < floor && self.capture.as_ref().is_some_and(|capture| capture.field.is_long()) && !self.closes_item(at) {
            return;
        }
        self.reading.crooked |= at < floor || (self.capture.is_none() && at + 1 < self.open.len());
        while self.open.len() > at {
            self.leave(start);
        }
    }

    /// Whether an end tag is that of the text itself, or of an item around it, however much in it was never closed.
    fn surfaces(&self, name: &str) -> bool {
        let of_text = self.capture.as_ref().is_some_and(|capture| capture.tag.name.eq_ignore_ascii_case(name));
        of_text || self.open.iter().any(|open| open.role == Role::Item && open.name.eq_ignore_ascii_case(name))
    }

    /// Whether the element at this place is an item, a part of one, or holds them.
    fn closes_item(&self, at: usize) -> bool {
        matches!(self.open[at].role, Role::Item | Role::Feed | Role::Group)
    }

    /// Ends the innermost element, whose content ends at `end`.
    fn leave(&mut self, end: usize) {
        if self.capture.as_ref().is_some_and(|capture| capture.depth == self.open.len())
            && let Some(capture) = self.capture.take()
        {
            // A part that we cannot read costs its item.
            if guarded(|| self.keep(capture, end)).is_none()
                && let Some(draft) = self.drafts.last_mut()
            {
                draft.spoilt = true;
            }
        }
        let Some(open) = self.open.pop() else { return };
        if open.role == Role::Item
            && let Some(draft) = self.drafts.pop()
        {
            match draft.spoilt {
                true => self.reading.lost += 1,
                false => self.reading.entries.push_back(draft.done(self.bases.last(), self.author.as_deref())),
            }
        }
        if open.based {
            self.bases.pop();
        }
        self.scope.leave(open.scope);
    }

    fn keep(&mut self, capture: Capture<'a>, end: usize) {
        let inside = self.text.get(capture.tag.end..end).unwrap_or_default();
        let base = self.bases.last();
        let Capture { field, form, tag, text, has_elements, .. } = capture;
        let Some(draft) = self.drafts.last_mut() else {
            match field {
                Field::Link => words::site(&mut self.site, tag.attributes, &text, base, self.context),
                Field::Asks(said) => {
                    self.asks.take(said, &text, |text| time::stated(text, self.context.timezone, self.context.now).map(|stated| stated.at));
                }
                Field::Author(_) if self.atom => self.author = self.author.take().or_else(|| draft::person(inside)),
                _ => {}
            }
            return;
        };
        match field {
            Field::Link | Field::Original | Field::Enclosure => draft.link(field, tag.attributes, &text, base),
            Field::Id(rank) => draft.id(rank, tag.attributes, &text, base),
            Field::Published(_) | Field::Updated(_) | Field::Date => draft.time(field, &text, self.context),
            Field::Author(_) if has_elements => draft.words(field, draft::person(inside).unwrap_or_default()),
            Field::Author(_) => draft.words(field, draft::name_of_mailbox(&text).to_owned()),
            // Apple counts to five and does not say so.
            Field::Rating if tag.name.starts_with("im:") => draft.words(field, format!("{}/5", text.trim())),
            _ if has_elements => draft.words(field, words::inline(inside, &self.entities)),
            _ => draft.words(field, form.finish(text, field)),
        }
    }

    /// In a feed that begins with its oldest item each further one takes the place of the oldest. Whether to read on.
    fn make_room(&mut self) -> bool {
        let at = |raw: Option<&Raw>| raw.and_then(|raw| raw.published.or(raw.updated));
        let Reading { entries, has_more, .. } = &mut self.reading;
        let kept = kept(entries.len(), (at(entries.front()), at(entries.back())), self.context.max_items);
        let goes_on = kept.end == entries.len();
        *has_more |= kept.len() < entries.len();
        entries.truncate(kept.end);
        entries.drain(..kept.start);
        goes_on
    }

    fn finish(mut self, at_end: bool) -> Reading {
        self.reading.asks = self.asks.together();
        self.reading.cut = at_end && (self.tokens.cut || !self.open.is_empty());
        // A feed that another host passes on keeps the links of its own site.
        if let Some(site) = self.site.map(|(site, _)| site).filter(|site| site.host() != self.context.base.host()) {
            for entry in self.reading.entries.iter_mut().filter(|entry| entry.base.is_none()) {
                entry.base = Some(site.to_string());
            }
        }
        self.reading
    }
}

fn limit(value: usize, most: usize, what: &str) -> Result<(), FetchFailure> {
    if value > most {
        Err(failure(FailureKind::TooBig, format!("more than {most} {what}"))
            .told(Phrase::said("what_more_than").with("most", most.to_string()).with("what", what)))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
