//! Ids of incidents and deliveries, from randomness that the caller brings.

use sha2::{Digest, Sha256};

/// Crockford's base 32: no I, L, O or U, so that an id survives a telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 40 bits: a person reads it aloud. The store refuses a second incident of the same id, and the step is run again.
const INCIDENT_CHARS: usize = 8;

/// 80 bits: never read aloud, never equal.
const DELIVERY_CHARS: usize = 16;

/// A row of ids that follows from one random seed: the same seed gives the same ids, so that tests can tell them.
#[derive(Clone, Debug)]
pub struct Ids {
    seed: [u8; 32],
    drawn: u64,
}

impl Ids {
    /// `seed` is fresh randomness; use each for one step only.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// `H-` and eight characters.
    pub fn incident(&mut self) -> String {
        format!("H-{}", self.draw(INCIDENT_CHARS))
    }

    /// `d_` and sixteen characters, lower case.
    pub fn delivery(&mut self) -> String {
        format!("d_{}", self.draw(DELIVERY_CHARS).to_lowercase())
    }

    fn draw(&mut self, chars: usize) -> String {
        self.drawn += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        base32(&digest, chars)
    }
}

/// The first `chars` characters of `bytes` in Crockford's base 32; 5 bits each.
fn base32(bytes: &[u8], chars: usize) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    (0..chars)
        .map(|at| (0..5).fold(0, |value, offset| value << 1 | bit(at * 5 + offset)))
        .map(|value| char::from(ALPHABET[value]))
        .collect()
}

/// An id as a person types it: any case, without the `H-`, with I, L and O for 1, 1 and 0; none when it cannot be one.
#[must_use]
pub fn read_incident_id(typed: &str) -> Option<String> {
    let upper = typed.trim().to_uppercase();
    let bare = upper.strip_prefix("H-").unwrap_or(&upper);
    let clean: String = bare
        .chars()
        .map(|letter| match letter {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        })
        .collect();
    let fits = clean.len() == INCIDENT_CHARS && clean.bytes().all(|byte| ALPHABET.contains(&byte));
    fits.then(|| format!("H-{clean}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_form_and_differ() {
        let mut ids = Ids::new([7; 32]);
        let (first, second, delivery) = (ids.incident(), ids.incident(), ids.delivery());
        assert_ne!(first, second);
        assert_eq!((first.len(), delivery.len()), (10, 18));
        assert_eq!(read_incident_id(&first), Some(first.clone()));
        assert_eq!(Ids::new([7; 32]).incident(), first);
    }

    #[test]
    fn base32_takes_five_bits_a_character() {
        assert_eq!(base32(&[0xff, 0xff], 3), "ZZZ");
        assert_eq!(base32(&[0b0000_1000], 1), "1");
    }

    #[test]
    fn an_id_is_read_as_people_type_it() {
        assert_eq!(read_incident_id(" h-7k3qf2ma "), Some("H-7K3QF2MA".into()));
        assert_eq!(read_incident_id("7K3QFOIL"), Some("H-7K3QF011".into()));
        for wrong in ["", "H-", "H-7K3QF2M", "H-7K3QF2MAA", "H-7K3QF2M!", "H-7K3QF2MU"] {
            assert_eq!(read_incident_id(wrong), None, "{wrong}");
        }
    }
}
