//! The rule packs that come with Hearken, in the binary: for the demo, and for a machine without the files.

/// Name and text of each file of `rules/`.
pub const PACKS: &[(&str, &str)] = &[
    ("expectation.toml", include_str!("../../rules/expectation.toml")),
    ("fraud.toml", include_str!("../../rules/fraud.toml")),
    ("logistics.toml", include_str!("../../rules/logistics.toml")),
    ("other.toml", include_str!("../../rules/other.toml")),
    ("price.toml", include_str!("../../rules/price.toml")),
    ("product_quality.toml", include_str!("../../rules/product_quality.toml")),
    ("sentiment.toml", include_str!("../../rules/sentiment.toml")),
    ("service_attitude.toml", include_str!("../../rules/service_attitude.toml")),
    ("severity.toml", include_str!("../../rules/severity.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_here() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")).expect("the rules are there");
        let names = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
        names.sort();
        assert_eq!(names, PACKS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    }
}
