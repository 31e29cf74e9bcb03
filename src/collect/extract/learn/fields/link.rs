//! Where an item has a page or a place of its own.

use super::ways::Way;
use super::{At, MOST, Seeker, different};
use crate::collect::extract::learn::clues;

impl Seeker<'_> {
    /// Where each item has a link of its own: on its title, on its time, or one that says so.
    pub(super) fn link(&self, title: Option<&Way>, time: Option<&Way>) -> Option<String> {
        let places = |way: Option<&Way>| -> Vec<String> {
            let Some(way) = way else { return Vec::new() };
            let css = &way.css;
            let is_link = way.found.iter().all(|(_, at)| self.element(*at).value().name() == "a");
            if is_link { vec![css.clone()] } else { vec![format!("{css} a"), format!("a:has({css})")] }
        };
        // Beside a time stand links of every kind; one around it leads to what was said then.
        let (mut on_time, mut near_time) = (places(time), Vec::new());
        if on_time.len() > 1 {
            near_time.push(on_time.remove(0));
        }
        let own = self.is_link_itself().then(|| "@href".to_owned());
        let usual = ["a[rel~=\"bookmark\"]", "a[class*=\"permalink\"]", "a[class*=\"perma\"]", "a[itemprop=\"url\"]"].map(str::to_owned);
        let marked = self.ways.iter().filter(|way| way.css.starts_with("a[href*=")).map(|way| way.css.clone());
        let labelled = self.ways.iter().filter(|way| self.is_labelled(way)).map(|way| way.css.clone());
        let mut ways = places(title).into_iter().chain(own).chain(usual).chain(on_time).chain(marked).chain(labelled).chain(near_time);
        ways.find(|css| css == "@href" || self.leads_each_elsewhere(css))
    }

    /// The whole item is a link.
    fn is_link_itself(&self) -> bool {
        let links: Vec<&str> = self.sample.iter().filter_map(|member| self.element(*member).attr("href")).collect();
        self.share(links.len()) >= MOST && different(links.iter()) == links.len() && links.iter().all(|href| clues::leads_somewhere(href))
    }

    /// `#12`, `permalink`, `read more`.
    fn is_labelled(&self, way: &Way) -> bool {
        let says_so = |at: At| {
            let element = self.element(at);
            let titled = element
                .attr("title")
                .or_else(|| element.attr("aria-label"))
                .is_some_and(|label| !label.is_empty() && clues::is_place_label(label));
            element.value().name() == "a" && (clues::is_place_label(self.text(at)) || titled)
        };
        !way.css.contains('@') && self.share_of(way, says_so) >= MOST
    }

    /// Most items have one, each another, and it leads neither to a person nor to a form.
    pub(super) fn leads_each_elsewhere(&self, css: &str) -> bool {
        let links: Vec<String> = self.first(css).into_iter().filter_map(|link| link.attr("href")).map(str::to_owned).collect();
        let good = links.iter().filter(|href| clues::leads_somewhere(href)).count();
        self.share(good) >= MOST && good == links.len() && different(links.iter()) == links.len()
    }
}
