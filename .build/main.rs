//! How the release build is linked: where its functions stand in its file, and how it is told where it lies in memory.
//!
//! A daemon that waits for feeds runs a quarter of the program, strewn over all of it; and of a file the kernel maps sixteen pages around
//! each one that is touched, so that nearly the whole program came to lie in memory. `order.ld` puts side by side what runs often
//! (`tests/bench/README.md` says how it is made): the same functions, twelve megabytes less. It is advice and nothing else: names that are
//! no more match nothing, and where another linker is wanted the program is built as ever. Names are as `.cargo/config.toml` has them
//! written; where that is not heard (`RUSTFLAGS` takes its place) hardly one is found.
#![forbid(unsafe_code)]

use std::env;
use std::path::Path;
use std::process::Command;

/// What the order was made for. Elsewhere names, sections and linkers are others.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const ORDER: &str = ".build/order.ld";
/// The first glibc that reads packed relocations: sixty thousand, a megabyte and a half that is read through at each start, become twenty
/// kilobytes. An older one refuses such a program.
const PACKED_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=.build");
    for name in ["RUSTC_LINKER", "CARGO_ENCODED_RUSTFLAGS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let flags = said("CARGO_ENCODED_RUSTFLAGS");
    // Not every linker takes a script beside its own.
    let own_linker = said("RUSTC_LINKER").is_empty() && !flags.contains("fuse-ld") && !flags.contains("linker");
    if said("TARGET") != TARGET || said("PROFILE") != "release" || !own_linker {
        return;
    }
    let order = Path::new(&said("CARGO_MANIFEST_DIR")).join(ORDER);
    if order.exists() {
        println!("cargo::rustc-link-arg-bin=hearken=-Wl,-T,{}", order.display());
    }
    if said("HOST") == TARGET && glibc().is_some_and(|version| version >= PACKED_SINCE) {
        println!("cargo::rustc-link-arg-bin=hearken=-Wl,-z,pack-relative-relocs");
    }
}

fn said(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Of this machine: `glibc 2.41`.
fn glibc() -> Option<(u32, u32)> {
    let out = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
