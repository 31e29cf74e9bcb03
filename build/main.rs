//! Where the functions of the release build stand in its file.
//!
//! A daemon that waits for feeds runs a quarter of the program, strewn over all of it; and of a file the kernel maps sixteen pages around
//! each one that is touched, so that nearly the whole program came to lie in memory. `order.ld` puts side by side what runs often
//! (`tests/bench/README.md` says how it is made): the same functions, a dozen megabytes less. It is advice and nothing else: names that are
//! no more match nothing, and where another linker is wanted the program is built as ever.
#![forbid(unsafe_code)]

/// What the order was made for. Elsewhere names, sections and linkers are others.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const ORDER: &str = "build/order.ld";

fn main() {
    println!("cargo::rerun-if-changed=build");
    for name in ["RUSTC_LINKER", "CARGO_ENCODED_RUSTFLAGS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let flags = said("CARGO_ENCODED_RUSTFLAGS");
    // Not every linker takes a script beside its own.
    let own_linker = said("RUSTC_LINKER").is_empty() && !flags.contains("fuse-ld") && !flags.contains("linker");
    let order = std::path::Path::new(&said("CARGO_MANIFEST_DIR")).join(ORDER);
    if said("TARGET") == TARGET && said("PROFILE") == "release" && own_linker && order.exists() {
        println!("cargo::rustc-link-arg-bin=hearken=-Wl,-T,{}", order.display());
    }
}
