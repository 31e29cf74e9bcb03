//! Which brands a text names, and where: at each place the longest name there is meant.

use super::{Hit, Judge, Named, Role, Scratch, Subject, Texts};
use crate::decide::evaluate::{guards, is_guarded, range};
use crate::decide::matching::Entry;
use crate::decide::pairs::{is_in_a_number, is_torn, stands_across};

impl Judge {
    /// Brands in the order of the configuration, the source's own first, and where they and their rivals stand.
    pub(in crate::decide) fn named(&self, subject: &Subject<'_>, texts: &Texts<'_>, scratch: &mut Scratch) -> Named {
        let mut named = Named { names: subject.brand.map(str::to_owned).into_iter().collect(), ..Named::default() };
        let found: Vec<Standing> = (0..self.brands.len()).map(|number| self.standing(number, texts, scratch)).collect();
        for (number, brand) in self.brands.iter().enumerate() {
            let own = named.names.iter().position(|name| *name == brand.name);
            let places = outside_longer(&found, number);
            if places.is_empty() && own.is_none() {
                continue;
            }
            let owner = own.unwrap_or(named.names.len());
            if own.is_none() {
                named.names.push(brand.name.clone());
            }
            named.add(owner, &places, &found[number].rivals);
        }
        named
    }

    /// Where the names of a brand and its rivals stand.
    fn standing(&self, brand: usize, texts: &Texts<'_>, scratch: &mut Scratch) -> Standing {
        let mine = self.index.entries_of_brand(brand, scratch);
        let entries = &scratch.entries[mine];
        let mut names = unguarded(entries, &scratch.hits, Role::Brand, texts);
        names.retain(|hit| {
            let (text, start, end) = (texts.folded(hit.part), hit.start as usize, hit.end as usize);
            !stands_across(text, start, end) && !is_in_a_number(text, start, end)
        });
        Standing { names, rivals: unguarded(entries, &scratch.hits, Role::Rival, texts) }
    }
}

/// Where one brand is named, and its rivals are.
struct Standing {
    names: Vec<Hit>,
    rivals: Vec<Hit>,
}

/// The hits of these entries that no excluded phrase overlaps. A phrase that is only the beginning of other words there excludes nothing:
/// `全聯會` in `全聯會員`.
fn unguarded(entries: &[Entry], hits: &[Hit], role: Role, texts: &Texts<'_>) -> Vec<Hit> {
    let wanted = || entries.iter().filter(move |entry| entry.role == role).flat_map(move |entry| &hits[range(entry)]);
    if wanted().next().is_none() {
        return Vec::new();
    }
    let mut guards = guards(entries, hits);
    guards.retain(|(part, start, end)| !is_torn(texts.folded(*part), *start as usize, *end as usize));
    wanted().filter(|hit| !is_guarded(&guards, hit.part, hit.start, hit.end)).copied().collect()
}

/// The places of a brand's names that do not stand inside a longer name of another brand: `Lumo Kids` is not `Lumo`.
fn outside_longer(found: &[Standing], brand: usize) -> Vec<Hit> {
    let holds = |longer: &Hit, hit: &Hit| {
        longer.part == hit.part && longer.start <= hit.start && hit.end <= longer.end && longer.end - longer.start > hit.end - hit.start
    };
    let others = || found.iter().enumerate().filter(|(number, _)| *number != brand).flat_map(|(_, standing)| &standing.names);
    found[brand].names.iter().filter(|hit| !others().any(|longer| holds(longer, hit))).copied().collect()
}

#[cfg(test)]
mod tests {
    use crate::decide::brand::Brand;
    use crate::decide::rule::RuleSet;
    use crate::decide::{Judge, Subject};

    fn named(brands: &[&str], text: &str) -> Vec<String> {
        let brands: Vec<Brand> = brands.iter().map(|name| Brand { name: (*name).to_owned(), ..Brand::default() }).collect();
        Judge::new(RuleSet::default(), &brands).judge(&Subject { text, ..Subject::default() }).brands
    }

    #[test]
    fn a_name_inside_a_longer_one_of_another_brand_is_not_meant() {
        let brands = ["星巴克", "星巴克臻選"];
        assert_eq!(named(&brands, "星巴克臻選難喝死了"), ["星巴克臻選"]);
        assert_eq!(named(&brands, "我喜歡星巴克，但星巴克臻選店員罵我"), brands);
        assert_eq!(named(&["Lumo Kids", "Lumo"], "The Lumo Kids coat tore"), ["Lumo Kids"]);
        assert_eq!(named(&["Lumo Kids", "Lumo"], "Lumo kids me not"), ["Lumo Kids"], "it cannot know");
    }

    #[test]
    fn a_name_of_digits_is_not_read_out_of_a_date() {
        let named = |text| named(&["7-11"], text).len();
        for text in ["2027-7-11 店員罵人", "9-7-11 的會議", "7-11-2027"] {
            assert_eq!(named(text), 0, "{text}");
        }
        for text in ["7-11店員罵人", "在7-11。", "7-11/全家都一樣", "去了 7-11, 10 分鐘"] {
            assert_eq!(named(text), 1, "{text}");
        }
    }

    #[test]
    fn an_excluded_phrase_excludes_itself_and_not_what_begins_like_it() {
        let brand = Brand { name: "全聯".to_owned(), exclude: vec!["全聯會".to_owned(), "大全聯".to_owned()], ..Brand::default() };
        let judge = Judge::new(RuleSet::default(), &[brand]);
        let named = |text| judge.judge(&Subject { text, ..Subject::default() }).brands.len();
        for text in ["全聯會員卡被盜刷一萬元", "全聯會計少算我兩百元"] {
            assert_eq!(named(text), 1, "{text}");
        }
        for text in ["全聯會今天開大會", "參加全聯會的人", "大全聯的歌"] {
            assert_eq!(named(text), 0, "{text}");
        }
    }

    #[test]
    fn a_name_in_two_scripts_is_found_with_spaces_too() {
        assert_eq!(named(&["50嵐"], "在 50 嵐買的，店員罵人"), ["50嵐"]);
        assert_eq!(named(&["85度C"], "85 度 C 蛋糕發霉"), ["85度C"]);
    }
}
