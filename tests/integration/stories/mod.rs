//! Stories through the front door: a review appears in a feed, people get mail, somebody answers, or things go wrong.

mod acknowledge;
mod escalate;
mod receivers;
mod reload;
mod run;
mod sources;
mod warning;
mod web;
