//! Expressions are compiled on a second core while the words are read: each takes half of what loading takes.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender};

use crate::decide::pattern::{self, Refusal};
use crate::decide::rule::Pattern;
use crate::problem::{Data, Table};

type Compiled = Result<Pattern, Refusal>;

/// The expressions of these rules as they are written, in the order in which they will be asked for.
pub(super) fn written<'a>(rules: impl Iterator<Item = &'a Table>) -> Vec<String> {
    let text = |data: &Data| if let Data::Text(text) = data { Some(text.clone()) } else { None };
    let of = |rule: &Table| match rule.peek("regex") {
        Some(Data::List(values)) => values.iter().filter_map(|value| text(&value.data)).collect(),
        Some(data) => text(data).into_iter().collect(),
        None => Vec::new(),
    };
    rules.flat_map(of).collect()
}

/// Compiles them one after the other, until all are or nobody waits for them.
pub(super) fn compile(written: Vec<String>, done: &Sender<(String, Compiled)>) {
    for text in written {
        let compiled = pattern::compile(&text);
        if done.send((text, compiled)).is_err() {
            return;
        }
    }
}

/// What is compiled elsewhere, for those who need it.
#[derive(Debug)]
pub(super) struct Ahead {
    coming: Receiver<(String, Compiled)>,
    /// What came before it was asked for.
    early: HashMap<String, Vec<Compiled>>,
}

impl Ahead {
    pub(super) fn new(coming: Receiver<(String, Compiled)>) -> Self {
        Self { coming, early: HashMap::new() }
    }

    /// The expression, as soon as it is there; compiled here where nobody else does.
    pub(super) fn take(&mut self, written: &str) -> Compiled {
        if let Some(compiled) = self.early.get_mut(written).and_then(Vec::pop) {
            return compiled;
        }
        while let Ok((text, compiled)) = self.coming.recv() {
            if text == written {
                return compiled;
            }
            self.early.entry(text).or_default().push(compiled);
        }
        pattern::compile(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_else_compiles_or_comes_in_another_order_is_there_all_the_same() {
        let (done, coming) = std::sync::mpsc::channel();
        compile(vec!["ab+".to_owned(), "cd+".to_owned(), "ab+".to_owned(), "(".to_owned()], &done);
        drop(done);
        let mut ahead = Ahead::new(coming);
        for written in ["cd+", "ab+", "ab+", "ef+"] {
            assert_eq!(ahead.take(written).map(|pattern| pattern.regex.as_str().to_owned()), Ok(written.to_owned()));
        }
        assert!(ahead.take("(").is_err());
    }
}
