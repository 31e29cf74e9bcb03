//! Work that two cores share: files are taken apart and expressions compiled from the last one on, while who needs them in their order
//! begins with the first, and makes for himself what is not made yet. So neither waits for the other, and one core alone does no more than
//! it must.

use std::sync::{Mutex, PoisonError};

use crate::decide::pattern::{self, Refusal};
use crate::decide::rule::Pattern;
use crate::problem::{Data, Table};

/// What is to be made of each of these.
#[derive(Debug)]
pub(super) struct Shared<'a, I, T> {
    all: &'a [I],
    make: fn(&I) -> T,
    made: Vec<Mutex<Made<T>>>,
}

#[derive(Debug)]
enum Made<T> {
    NotYet,
    Ready(T),
    Taken,
}

impl<'a, I, T> Shared<'a, I, T> {
    pub(super) fn new(all: &'a [I], make: fn(&I) -> T) -> Self {
        Self { all, make, made: all.iter().map(|_| Mutex::new(Made::NotYet)).collect() }
    }

    /// Makes what nobody has taken, the last first.
    pub(super) fn help(&self) {
        for (made, of) in self.made.iter().zip(self.all).rev() {
            // What somebody else holds is being made.
            if let Ok(mut made) = made.try_lock()
                && matches!(*made, Made::NotYet)
            {
                *made = Made::Ready((self.make)(of));
            }
        }
    }

    /// What is made of this one.
    pub(super) fn take(&self, number: usize) -> Option<T> {
        let (made, of) = (self.made.get(number)?, self.all.get(number)?);
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *made, Made::Taken) {
            Made::Ready(ready) => Some(ready),
            Made::NotYet | Made::Taken => Some((self.make)(of)),
        }
    }
}

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

/// Expressions that are compiled elsewhere, for those who need them.
#[derive(Debug)]
pub(super) struct Expressions<'a> {
    shared: &'a Shared<'a, String, Compiled>,
    next: usize,
}

type Compiled = Result<Pattern, Refusal>;

impl<'a> Expressions<'a> {
    pub(super) const fn new(shared: &'a Shared<'a, String, Compiled>) -> Self {
        Self { shared, next: 0 }
    }

    /// The next expression that is written so; compiled here where nobody else does.
    pub(super) fn take(&mut self, written: &str) -> Compiled {
        let ahead = self.shared.all.iter().skip(self.next).position(|text| text == written);
        let Some(number) = ahead.map(|ahead| self.next + ahead) else { return pattern::compile(written) };
        self.next = number + 1;
        self.shared.take(number).unwrap_or_else(|| pattern::compile(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_else_compiles_or_comes_in_another_order_is_there_all_the_same() {
        let texts = ["ab+", "cd+", "ab+", "("].map(str::to_owned);
        for helped in [true, false] {
            let shared = Shared::new(&texts, |written| pattern::compile(written));
            if helped {
                shared.help();
            }
            let mut expressions = Expressions::new(&shared);
            for written in ["cd+", "ab+", "ab+", "ef+"] {
                assert_eq!(expressions.take(written).map(|pattern| pattern.regex.as_str().to_owned()), Ok(written.to_owned()));
            }
            assert!(expressions.take("(").is_err());
        }
    }

    #[test]
    fn each_is_made_once_however_many_ask() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let all: Vec<usize> = (0..1_000).collect();
        let double = |number: &usize| {
            MADE.fetch_add(1, Ordering::Relaxed);
            number * 2
        };
        let shared = Shared::new(&all, double);
        let taken: Vec<usize> = std::thread::scope(|scope| {
            scope.spawn(|| shared.help());
            (0..all.len()).filter_map(|number| shared.take(number)).collect()
        });
        assert_eq!(taken, all.iter().map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!((MADE.load(Ordering::Relaxed), shared.take(1_000)), (1_000, None));
    }
}
