//! Both sides in one run, in turns: machines are never equally busy twice, so only ratios within a round say anything. Times are
//! those of the processor, not of the wall: what others run in between is not counted.

use std::hint::black_box;

use cpu_time::ThreadTime;

/// An odd number, so that the median is one of them.
const ROUNDS: usize = 9;

/// One way to do the work; what it returns (hits) must be the same for every side that says so.
pub struct Side<'a> {
    pub name: &'static str,
    pub work: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Side<'a> {
    pub fn new(name: &'static str, work: impl FnMut() -> usize + 'a) -> Self {
        Self { name, work: Box::new(work) }
    }
}

/// Runs ours against each of the others and prints a row for each: nanoseconds a text, and how many times faster ours is.
///
/// # Panics
/// When `same` is asked for and a side counts other hits than ours.
pub fn compare(title: &str, texts: usize, same: bool, mut ours: Side<'_>, others: Vec<Side<'_>>, wanted: &[(&str, f64)]) {
    println!("\n{title}");
    let mut sides = others;
    let mut times = vec![Vec::new(); sides.len() + 1];
    let count = (ours.work)();
    for side in &mut sides {
        let theirs = (side.work)();
        assert!(!same || theirs == count, "{title}: {} counts {theirs}, {} counts {count}", side.name, ours.name);
    }
    for _ in 0..ROUNDS {
        times[0].push(time(&mut ours, texts));
        for (at, side) in sides.iter_mut().enumerate() {
            times[at + 1].push(time(side, texts));
        }
    }
    let each = count as f64 / texts as f64;
    println!("  {:<52} {:>10.0} ns/text   {count} counted, {each:.1} a text", ours.name, median(times[0].clone()));
    for (at, side) in sides.iter().enumerate() {
        let ratios = times[at + 1].iter().zip(&times[0]).map(|(theirs, ours)| theirs / ours).collect();
        let goal = wanted.iter().find(|(name, _)| *name == side.name).map_or(String::new(), |(_, goal)| format!("   wanted {goal:.1}"));
        println!("  {:<52} {:>10.0} ns/text   ours is {:.2} times as fast{goal}", side.name, median(times[at + 1].clone()), median(ratios));
    }
}

fn time(side: &mut Side<'_>, texts: usize) -> f64 {
    let start = ThreadTime::now();
    black_box((side.work)());
    start.elapsed().as_secs_f64() * 1e9 / texts as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
