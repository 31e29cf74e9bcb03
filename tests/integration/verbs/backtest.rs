//! `hearken backtest`: other rules over the company's mentions.

use insta::assert_snapshot;

use super::company::Company;

/// The company's history lies at a fixed date.
const ALL: [&str; 2] = ["--since", "36500d"];

/// It finds fault with comfort, and knows nothing of parcels.
const GRUMPY: &str = r#"
[[rule]]
id = "quality.comfort"
category = "product_quality"
severity = "high"
weight = 3.0
any = ["很舒服"]
note = "It is comfortable."
example = [{ text = "椅子很舒服", fires = true }]
"#;

/// What it is compared with.
const IN_FORCE: &str = r#"
[[rule]]
id = "logistics.late"
category = "logistics"
severity = "medium"
weight = 2.0
any = ["还没收到"]
note = "The goods did not come."
"#;

fn backtest<'a>(rules: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["backtest", "--rules", rules], &ALL[..], more].concat()
}

#[tokio::test]
async fn it_says_who_would_be_told_of_what_and_why() {
    let company = Company::new().await;
    company.in_force(IN_FORCE);
    let rules = company.rules("grumpy", GRUMPY);
    let said = company.run(&backtest(&rules, &["--json"]));
    let found = said.ended(1).json();
    assert_eq!((&found["mentions"], &found["left_out"]), (&2.into(), &1.into()));
    assert_eq!((&found["newly_warned"]["count"], &found["no_longer_warned"]["count"]), (&1.into(), &1.into()), "{found:#}");
    let newly = &found["newly_warned"]["samples"][0];
    assert_eq!((&newly["mention"], &newly["rules_gained"][0]), (&"m_2".into(), &"quality.comfort".into()));
    assert_eq!(
        (&newly["before"]["told"]["quiet"]["quiet"], &newly["after"]["told"]["warned"]["department"]),
        (&"not_a_complaint".into(), &"care".into())
    );
    let lost = &found["no_longer_warned"];
    assert_eq!((&lost["samples"][0]["mention"], &lost["rules_lost"]["logistics.late"]), (&"m_1".into(), &1.into()), "{lost:#}");
    let mails = |department: &str, when: &str| found["mails"][department][when].as_i64();
    assert_eq!((mails("logistics", "before"), mails("logistics", "after")), (Some(2), Some(0)), "Mei and Lin");
    assert_eq!((mails("care", "before"), mails("care", "after")), (Some(0), Some(2)), "a mail and a call");

    let text = company.run(&backtest(&rules, &[])).ended(1).text();
    assert!(!text.contains('\u{1b}'), "a stranger's text moves no cursor");
    // The averages depend on today.
    let steady: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Newly warned")).collect();
    assert_snapshot!(steady.join("\n"), @r"
    Newly warned: the worst and newest 1 of 1
      2026-11-18 19:06 shop m_2: none, quiet (not_a_complaint) -> high, product_quality, for care
          蘭亭的椅子很舒服,非常滿意,推薦給大家
          because +quality.comfort

    No longer warned: the worst and newest 1 of 1
      2026-11-18 19:06 shop m_1: medium, logistics, for logistics -> none, quiet (not_a_complaint)
          蘭亭的椅子訂了十天還沒收到貨, [31m客服也不回
          because -logistics.late
    ");
    let more = company.run(&backtest(&rules, &["--first-polls", "--samples", "0", "--json"])).ended(1).json();
    assert_eq!((&more["mentions"], &more["left_out"]), (&3.into(), &0.into()));
    assert_eq!(more["newly_warned"]["samples"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn the_same_rules_change_nothing_and_broken_ones_are_refused() {
    let company = Company::new().await;
    let same = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").display().to_string();
    let said = company.run(&backtest(&same, &[]));
    assert!(said.ended(0).text().ends_with("\nNobody would be told of anything else.\n"), "{}", said.text());
    let broken = company.rules("broken", "[[rule]]\nid = \"a.b\"\nanny = [\"x\"]\n");
    let said = company.run(&backtest(&broken, &[]));
    assert!(said.ended(2).remarks().contains("own.toml:1:1") && said.remarks().contains("cannot be used"), "{}", said.remarks());
    assert!(said.remarks().starts_with("error: the rules in ") && !said.remarks().contains("error: error:"), "{}", said.remarks());
    assert!(company.run(&backtest("/nowhere", &[])).ended(2).remarks().contains("cannot be read"));
    let nothing = company.run(&["backtest", "--rules", &same, "--since", "1s"]).ended(0).text();
    assert!(nothing.contains("mentions     0 since"), "{nothing}");
}
