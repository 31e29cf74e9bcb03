//! What a text names by number: an order, a device, an amount, a day. Two customers may fill in one form of words; they do not have one order
//! number.

use std::collections::BTreeSet;

use super::super::fold::fold;

/// Numbers in Chinese words that stand for a number wherever they are. One (`一直`) and the round ones (`千萬`) are parts of other words.
const CHINESE: &str = "二两三四五六七八九十";

/// Words with a digit in them, and numbers in Chinese words; a thousand is the same with a comma and without.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let mut numbers = BTreeSet::new();
    let mut word = String::new();
    let mut letters = folded.text().chars().peekable();
    while let Some(letter) = letters.next() {
        let between = letter == ',' && word.ends_with(|c: char| c.is_ascii_digit()) && letters.peek().is_some_and(char::is_ascii_digit);
        if between {
            continue;
        }
        let chinese = CHINESE.contains(letter);
        let goes_on = if chinese { word.is_empty() || word.ends_with(|c| CHINESE.contains(c)) } else { letter.is_ascii_alphanumeric() };
        let other_script = word.ends_with(|c| CHINESE.contains(c)) != chinese && !word.is_empty();
        if !goes_on || other_script {
            keep(&mut numbers, std::mem::take(&mut word));
        }
        if chinese || letter.is_ascii_alphanumeric() {
            word.push(letter);
        }
    }
    keep(&mut numbers, word);
    numbers
}

fn keep(numbers: &mut BTreeSet<String>, word: String) {
    if word.contains(|c: char| c.is_ascii_digit() || CHINESE.contains(c)) {
        numbers.insert(word);
    }
}

/// Whether each of two texts names a number that the other does not: then they are of two orders, two days, two customers.
#[must_use]
pub fn names_others(left: &str, right: &str) -> bool {
    contradict(&numbers(left), &numbers(right))
}

/// Whether each of two texts names a number that the other does not. One that names more than the other is the other, with something added.
pub(super) fn contradict(left: &BTreeSet<String>, right: &BTreeSet<String>) -> bool {
    left.difference(right).next().is_some() && right.difference(left).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        numbers(text).into_iter().collect()
    }

    #[test]
    fn orders_devices_amounts_and_days_are_numbers() {
        assert_eq!(of("訂單 A12-3304 退了 NT$1,200，說好３天"), ["1200", "3", "3304", "a12"]);
        assert_eq!(of("等了兩個禮拜又三天，一直沒到，千萬別買"), ["三", "两"]);
        assert_eq!(of("Serial SN9F27, bought on 2026-11-22."), ["11", "2026", "22", "sn9f27"]);
        assert_eq!(of("十五天后,12月"), ["12", "十五"]);
        assert!(of("nothing, 一個也沒有").is_empty());
    }

    #[test]
    fn two_that_each_name_another_contradict() {
        let contradicts = |left: &str, right: &str| contradict(&numbers(left), &numbers(right));
        assert!(contradicts("order 123", "order 456") && contradicts("等了三天", "等了五天"));
        assert!(!contradicts("order 123", "my order") && !contradicts("order 123", "order 123, on 22 November"));
    }
}
