//! Stories through the front door: a review appears in a feed, people get mail, somebody answers, or things go wrong.
//!
//! Every story ends with `World::finish`, which looks at V1 (nothing lost), V2 (nothing twice), V3 (nothing but status
//! after an answer), V5 (an answer counts once), V7 (no secret in the log), and that no loop failed or died. The cases
//! below are told here; those of single parts stand with `collect_faults`, `deliver_smtp`, `deliver_webhook`, `rules`.
//!
//! | about | cases | file |
//! | --- | --- | --- |
//! | A. cases | worse after an answer, by an edit and by a copy, twice, in small; not ours by the routes: 5 | `worse` |
//! | A. cases | news of an edit: open, taken up, resolved, pushed under one id, an id used again: 7 | `news` |
//! | B. mail | 450 greylisting, 550 of one recipient, 535, RST after the dot (same Message-ID, marked), 451 after the dot: 5 | `receivers`, `run` |
//! | C. calls | 401, 410, 413 shrinks once, 429 with Retry-After, 503 for a day, no answer: 6 | `receivers`, `run` |
//! | E. answers | GET, HEAD, OPTIONS, POST, twice, many at once, a bit in each field, key changed, expired, after the end, after an escalation, during a send, wrong type, 10 MB, slow POST, 300 connections, signature bad or absent, stale, replayed, token, hostile words, path prefix, wrong Host, four other answers: 26 | `acknowledge`, `web` |
//! | F. sites, blindness | silence learnt, canary, post missed, texts gone, host refuses, network down, restart in between: 7 | `blindness` |
//! | C. channels | another name while cases wait, in a reload and in a start, taken out: 3 | `renamed` |
//! | F. long items | a hit behind 32 KB, one behind all that is read: 2 | `long` |
//! | F. pages | words added to a pushed review, seen by the daemon and by the command line, gone and then failing: 3 | `seen_edits` |
//! | I. files | rules that a reload refuses and a start puts in force: 2 | `restart` |
//! | F. old items | ids changed in part, ids and words changed, feed grown longer: 3 | `flood` |
//! | F. our own faults | an item of a feed, a push, a file, a mail: 4 | `aside` |
//! | F. sites | entities, nesting, GBK said to be UTF-8, edited, reordered, leaves and returns, re-indexed, login page, rebuilt page, empty page, 429, 5xx, hang-up, silence of the wire, redirect to a private address and in a circle, no HTTP, robots, silent, gap of a host, captcha, marked up page and its further ones: 22 | `sources`, `warning`, `pages` |
//! | F. further pages | failed once, 429, beyond the limit and a restart, failed at the first poll, forbidden for good, unchanged above: 6 | `paging` |
//! | F. silence | together, on holidays: 2 | `quiet` |
//! | F. failures | every class with its wait and its remedy, side by side: 1 | `failures` |
//! | F. manners | own pace, storm, Retry-After of an address, a host and a domain, a budget, Crawl-delay, credentials that expire, proxy: 8 | `rhythm` |
//! | G. time | +1 h, 1970, set back, both changes of the clocks in Berlin, 8 h off, due during downtime, restart: 8 | `escalate` |
//! | I. files | bad TOML, duplicate id, bad regex, empty pattern, unknown key, file removed, settings removed, editors' files, rules that warn too often or lose a warning, department removed, source new and removed, key renewed: 14 | `reload`, `acknowledge` |
//! | J. load | one receiver down 24 h: 1 | `receivers` |
//! | I. files | settings that are broken while people look: 1 | `broken` |
//! | D. store | full for an hour, once more, for a moment: 3 | `outage` |
//! | K. service | health, figures, heartbeat withheld, stop during a send, SIGTERM, SIGHUP, restart, secrets: 8 | `run` |
//! | V4, V8 | a step at its very moment; one bad site or receiver stops no other | `escalate`, `sources`, `receivers` |

mod acknowledge;
mod aside;
mod barred;
mod blindness;
mod brands;
mod broken;
mod contract;
mod copies;
mod edits;
mod escalate;
mod failures;
mod files;
mod flood;
mod hub;
mod inbound;
mod large_mails;
mod letters;
mod long;
mod mailbox;
mod manners;
mod moved;
mod news;
mod once;
mod outage;
mod pages;
mod paging;
mod pushed_rhythm;
mod quiet;
mod receivers;
mod recheck;
mod reload;
mod renamed;
mod replies;
mod restart;
mod rhythm;
mod rules;
mod run;
mod second_opinion;
mod seen_edits;
mod shared;
mod sources;
mod storm;
mod undelivered;
mod warning;
mod web;
mod worse;
