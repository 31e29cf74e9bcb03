//! Stable 64-bit hashes: the same on every machine and after every upgrade, because the store keeps them.

use sha2::{Digest, Sha256};

/// The first eight bytes of SHA-256 over the parts, each preceded by its length so that no two splits collide.
pub(super) fn stable(parts: &[&[u8]]) -> u64 {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let full = digest.finalize();
    full.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

/// As `stable`, in the store's integer; never 0, which stands for "none".
pub(super) fn stable_i64(parts: &[&[u8]]) -> i64 {
    match stable(parts).cast_signed() {
        0 => 1,
        hash => hash,
    }
}

/// The first sixteen bytes of SHA-256: enough that no two texts are ever taken for one.
pub(super) fn mark(bytes: &[u8]) -> [u8; 16] {
    let full: [u8; 32] = Sha256::digest(bytes).into();
    let mut mark = [0; 16];
    mark.copy_from_slice(&full[..16]);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(stable(&[b"a", b"bc"]), stable(&[b"a", b"bc"]));
        assert_ne!(stable(&[b"a", b"bc"]), stable(&[b"ab", b"c"]));
        assert_eq!(stable(&[]), 0xe3b0_c442_98fc_1c14, "SHA-256 of nothing");
    }
}
