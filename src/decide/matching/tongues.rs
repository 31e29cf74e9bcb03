//! Which rules are for texts of which languages: a set's rules name few different lists of languages, so each text asks them once.

use crate::decide::lang::FOUND;
use crate::decide::rule::{Rule, is_in};
use crate::decide::subject::Language;

/// Lists beyond this share the last bit, which is always set: their rules are looked at a little too often, never too seldom.
const LAST_BIT: u32 = 63;

/// Lists of languages, a bit for each.
#[derive(Debug)]
pub(super) struct Tongues {
    lists: Vec<Vec<String>>,
    /// Whether any rule is for some languages alone.
    asks: bool,
    /// The list of each rule, as its bit.
    rules: Vec<u64>,
    /// For the languages that nearly all texts are in, the lists they are in.
    known: Vec<(&'static str, u64)>,
}

impl Tongues {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut tongues = Self { lists: Vec::new(), asks: false, rules: Vec::with_capacity(rules.len()), known: Vec::new() };
        for rule in rules {
            let known = tongues.lists.iter().position(|list| *list == rule.scope.langs);
            let list = known.unwrap_or(tongues.lists.len());
            if known.is_none() && list < LAST_BIT as usize {
                tongues.lists.push(rule.scope.langs.clone());
            }
            tongues.rules.push(1 << LAST_BIT.min(u32::try_from(list).unwrap_or(LAST_BIT)));
        }
        tongues.asks = rules.iter().any(|rule| !rule.scope.langs.is_empty());
        // To ask one list is as quick.
        let few = tongues.lists.len() <= 1;
        tongues.known = FOUND.iter().filter(|_| !few).map(|lang| (*lang, tongues.asked(lang))).collect();
        tongues
    }

    /// The lists that a language is in.
    pub(super) fn heard(&self, lang: &Language<'_>) -> u64 {
        if !self.asks {
            return u64::MAX;
        }
        let lang = lang.name();
        self.known.iter().find(|(known, _)| *known == lang).map_or_else(|| self.asked(lang), |(_, heard)| *heard)
    }

    fn asked(&self, lang: &str) -> u64 {
        let lists = self.lists.iter().enumerate().filter(|(_, list)| is_in(list, lang));
        lists.fold(1 << LAST_BIT, |heard, (number, _)| heard | 1 << number)
    }

    #[inline]
    pub(super) fn is_among(&self, rule: u32, heard: u64) -> bool {
        self.rules[rule as usize] & heard != 0
    }
}
