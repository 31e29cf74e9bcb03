//! kill -9 at every step of the pipeline (`faults.md` A): nothing is lost, nothing repeated but what was in a send.

mod answers;
mod clock;
mod house;
mod migration;
mod pushes;
mod random;
mod second;
mod sends;
mod steps;
mod storage;
