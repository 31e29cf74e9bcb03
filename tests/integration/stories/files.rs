//! Files that other programs drop: every good line is heard once, every bad one is named, and nothing outside of the folder is touched.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use hearken::model::FailureKind;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

const FILES: &str = "[[source]]\nname = \"survey\"\nkind = \"files\"\nfolder = \"{folder}/inbox\"\ninterval = \"1m\"\n";

async fn prepare(more: &str) -> World {
    let world = World::prepare(Plan::with(|plan| plan.more = format!("{FILES}{more}"))).await;
    fs::create_dir(world.folder().join("inbox")).expect("it is made");
    world
}

fn inbox(world: &World, name: &str) -> PathBuf {
    world.folder().join("inbox").join(name)
}

/// Written under another name and renamed, as a careful program does.
fn drop_file(world: &World, name: &str, bytes: impl AsRef<[u8]>) {
    let beside = inbox(world, &format!(".{name}.tmp"));
    fs::write(&beside, bytes).expect("it is written");
    fs::rename(beside, inbox(world, name)).expect("it is renamed");
}

fn line(id: &str) -> String {
    let Review { title, text, author, .. } = Review::late(id);
    serde_json::json!({ "id": id, "title": title, "text": text, "author": author, "rating": 1, "rating_max": 5 }).to_string()
}

#[tokio::test]
async fn what_is_dropped_is_news_and_the_file_is_put_away() {
    let mut world = prepare("").await;
    drop_file(&world, "day.jsonl", format!("{}\n{{\"text\": \"nothing about us\"}}\n", line("ten-days")));
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "no first look swallows a file");
    assert!(inbox(&world, "done/day.jsonl").exists() && !inbox(&world, "day.jsonl").exists());
    let table = "編號,評分,評論內容\r\n7,1,\"在官網買紅隼快煮壺，訂了二十天還沒收到貨，\r\n電話也沒人接。\"\r\n";
    drop_file(&world, "day.csv", encoding_rs::BIG5.encode(table).0);
    world.poll().await;
    assert_eq!(world.mailed().len(), 4, "{:?}", world.incidents().await);
    assert!(inbox(&world, "done/day.csv").exists());
    drop_file(&world, "day.jsonl", format!("{}\n", line("ten-days")));
    world.poll().await;
    assert_eq!(world.mailed().len(), 4, "the same line again is known");
    assert!(inbox(&world, "done/day-2.jsonl").exists(), "and no file is written over");
    world.finish().await;
}

/// Excel and network shares write in place: what is still being written waits, and what is written later is heard.
#[tokio::test]
async fn a_file_that_is_still_being_written_is_heard_whole() {
    let mut world = prepare("").await;
    world.run().await;
    world.poll().await;
    let row = |id: &str| format!("{id},1,{}\n", Review::late(id).text);
    let mut file = fs::File::create(inbox(&world, "held.csv")).expect("it is made");
    let write = |file: &mut fs::File, text: &str| std::io::Write::write_all(file, text.as_bytes()).expect("it is written");
    write(&mut file, &format!("id,rating,text\n{}", row("first")));
    let mut slow = file.try_clone().expect("the same file");
    let (second, half) = (row("second"), row("second").len() / 2);
    let writing = std::thread::spawn(move || {
        for part in [&second.as_bytes()[..half], &second.as_bytes()[half..]] {
            std::thread::sleep(std::time::Duration::from_millis(1_200));
            std::io::Write::write_all(&mut slow, part).expect("it is written");
        }
    });
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "it is not whole");
    assert!(inbox(&world, "held.csv").exists());
    writing.join().expect("it is written");
    world.poll().await;
    let told =
        |world: &World, id: &str| world.mails_to("hong@kestrel.test").iter().filter(|mail| mail.body("text/plain").contains(id)).count();
    assert_eq!((told(&world, "first"), told(&world, "second")), (1, 1));
    assert!(inbox(&world, "done/held.csv").exists());
    write(&mut file, &row("third"));
    world.poll().await;
    assert_eq!((told(&world, "first"), told(&world, "second"), told(&world, "third")), (1, 1, 1), "{}", world.log.text());
    assert!(inbox(&world, "done/held.csv").exists() && !inbox(&world, "held.csv").exists());
    world.finish().await;
}

#[tokio::test]
async fn bad_lines_are_named_and_the_good_ones_are_heard() {
    let mut world = prepare("").await;
    world.run().await;
    world.poll().await;
    drop_file(&world, "mixed.ndjson", format!("{{oops\n{}\n{{\"text\": 5}}\n", line("ten-days")));
    drop_file(&world, "table.csv", "a,b\n1,2\n");
    drop_file(&world, "photo.png", b"\x89PNG");
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    let why = fs::read_to_string(inbox(&world, "failed/mixed.ndjson.why.txt")).expect("the reasons stand beside it");
    assert!(
        why.contains("Records taken: 1; not taken: 2")
            && why.contains("line 1: this is no JSON")
            && why.contains("line 3: `text` is a number"),
        "{why}"
    );
    assert!(inbox(&world, "failed/mixed.ndjson").exists());
    let why = fs::read_to_string(inbox(&world, "failed/table.csv.why.txt")).expect("the reasons stand beside it");
    assert!(why.contains("[source.columns]") && why.contains("`a`, `b`"), "{why}");
    assert!(fs::read_to_string(inbox(&world, "failed/photo.png.why.txt")).expect("reasons").contains("its name ends in none"));
    let told = world.troubles("files:").await;
    assert_eq!(told.len(), 1, "one incident until somebody has looked");
    assert_eq!(world.events(&told[0].id).await, ["opened", "file_failed", "file_failed", "file_failed"]);
    for name in ["mixed.ndjson", "table.csv", "photo.png"] {
        assert!(told[0].detail.contains(name), "{}", told[0].detail);
    }
    world.pass(std::time::Duration::from_mins(31)).await;
    world.finish().await;
}

/// Every file that failed is told, the first of a kind at once and the others together, until somebody has resolved it.
#[tokio::test]
async fn no_failed_file_goes_by_in_silence() {
    let mut world = prepare("").await;
    world.run().await;
    world.poll().await;
    let told = |world: &World| world.mails_to("ops@kestrel.test").into_iter().map(|mail| mail.body("text/plain")).collect::<Vec<_>>();
    drop_file(&world, "a.csv", format!("text,id\n,1\n{},2\n", Review::late("x").text));
    world.poll().await;
    assert_eq!(told(&world).len(), 1);
    drop_file(&world, "b.csv", "a,b\n1,2\n");
    world.poll().await;
    assert_eq!(told(&world).len(), 2, "that nothing at all was taken is news");
    assert!(told(&world)[1].contains("b.csv: nothing of it was taken") && told(&world)[1].contains("a.csv"), "{}", told(&world)[1]);
    for number in 0..10 {
        drop_file(&world, &format!("c{number}.jsonl"), "oops\n");
        world.poll().await;
    }
    assert_eq!(told(&world).len(), 2, "more of the kind is gathered");
    world.pass(std::time::Duration::from_mins(31)).await;
    let texts = told(&world);
    assert_eq!(texts.len(), 3);
    assert!((0..10).all(|number| texts[2].contains(&format!("c{number}.jsonl"))), "{}", texts[2]);
    let incident = world.troubles("files:").await.remove(0);
    assert_eq!(world.events(&incident.id).await.iter().filter(|kind| *kind == "file_failed").count(), 12);
    for words in [&["sources"][..], &["sources", "show", "survey"], &["sources", "--json"]] {
        let said = world.verb(words).await;
        assert!(said.text().contains("files failed") && said.text().contains("why.txt"), "{}", said.text());
    }
    drop_file(&world, "d.jsonl", "oops\n");
    world.poll().await;
    world.verb(&["incidents", "resolve", &incident.id, "--cause", "wrong export", "--remedy", "mended"]).await.ended(0);
    world.pass(std::time::Duration::from_mins(40)).await;
    assert_eq!(told(&world).len(), 4, "it is over, and nothing is told of it after that");
    assert!(!world.verb(&["sources"]).await.text().contains("files failed"));
    drop_file(&world, "e.jsonl", "oops\n");
    world.poll().await;
    assert_eq!(told(&world).len(), 5, "and what fails then is news again");
    world.finish().await;
}

#[tokio::test]
async fn links_and_unfinished_files_are_left_alone() {
    let mut world = prepare("").await;
    let outside = world.folder().join("outside.jsonl");
    fs::write(&outside, format!("{}\n", line("outside"))).expect("it is written");
    std::os::unix::fs::symlink(&outside, inbox(&world, "link.jsonl")).expect("it is made");
    for name in [".hidden.jsonl", "growing.jsonl.part", "backup.jsonl~"] {
        fs::write(inbox(&world, name), format!("{}\n", line(name))).expect("it is written");
    }
    world.run().await;
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 0);
    assert!(outside.exists() && fs::symlink_metadata(inbox(&world, "failed/link.jsonl")).expect("it was moved").is_symlink());
    for name in [".hidden.jsonl", "growing.jsonl.part", "backup.jsonl~"] {
        assert!(inbox(&world, name).exists(), "{name}");
    }
    fs::rename(world.folder().join("inbox"), world.folder().join("elsewhere")).expect("it is renamed");
    world.poll().await;
    let source = world.store().source("survey").await.expect("the store answers").expect("it is there");
    assert_eq!(source.failure, Some(FailureKind::Folder));
    fs::rename(world.folder().join("elsewhere"), world.folder().join("inbox")).expect("it is renamed");
    drop_file(&world, "day.jsonl", format!("{}\n", line("later")));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_crash_between_the_batches_and_the_move_repeats_nothing() {
    for point in ["files.committed", "files.committed:3", "files.moved"] {
        let world = prepare("[run]\nlease = \"1s\"\n").await;
        let text: String =
            (0..1_200).map(|n| format!("{{\"id\": \"{n}\", \"text\": \"a kettle of another make, number {n}\"}}\n")).collect();
        drop_file(
            &world,
            "many.jsonl",
            format!("{}{}\n", text, line("ten-days")).replacen("another make, number 0\"", "another make\"", 1),
        );
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hearken"));
        command.args(["run", "--once"]).arg("--config").arg(world.config()).env("HEARKEN_CRASH_AT", point);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().await.expect("it runs");
        assert!(!status.success(), "it dies at {point}");
        let moved = inbox(&world, "done/many.jsonl").exists();
        assert_eq!(moved, point == "files.moved", "{point}");
        for _ in 0..100 {
            world.verb(&["run", "--once"]).await.ended(0);
            if inbox(&world, "done/many.jsonl").exists() && world.mailed().len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        world.verb(&["run", "--once"]).await.ended(0);
        assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "{point}: once");
        world.leave();
    }
}

#[tokio::test]
async fn a_folder_is_tested_without_taking_anything() {
    let world = prepare("").await;
    drop_file(&world, "day.jsonl", format!("{}\n{{oops\n", line("ten-days")));
    let text = world.verb(&["sources", "test", "survey"]).await.ended(0).text();
    assert!(text.contains("files") && text.contains("1 file ready; day.jsonl: 1 of 2 lines are wrong"), "{text}");
    assert!(inbox(&world, "day.jsonl").exists());
    world.leave();
}

#[tokio::test]
async fn a_date_nobody_can_read_costs_no_warning_and_is_remarked() {
    let mut world = World::prepare(Plan::with(|plan| {
        plan.more = format!("{FILES}[source.columns]\npublished = \"created on\"\ntext = \"words\"\n");
    }))
    .await;
    fs::create_dir(world.folder().join("inbox")).expect("it is made");
    let late = Review::late("x").text;
    drop_file(&world, "dates.csv", format!("id,created on,words\n1,soon,{late}\n2,2026-11-22 10:00,A kettle of another make.\n"));
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "no date is missed");
    assert!(inbox(&world, "done/dates.csv").exists());
    let listed = world.verb(&["sources"]).await.ended(0).text();
    let remark = "dates.csv: line 2: `published` is no time, and it is taken without one: \"soon\"";
    assert!(listed.contains(remark) && listed.contains(" fine "), "{listed}");
    assert!(world.verb(&["sources", "show", "survey"]).await.ended(0).text().contains("`published` is no time"));
    drop_file(&world, "renamed.csv", "id,made,words\n7,2026-11-23,紅隼水壺用了三天就漏水，櫃子都泡了。\n");
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "nor is its column");
    let listed = world.verb(&["sources"]).await.ended(0).text();
    assert!(listed.contains("renamed.csv: there is no column `created on` for `published`"), "{listed}");
    drop_file(&world, "wordless.csv", "id,created on,text\n8,2026-11-23,紅隼水壺用了三天就漏水。\n");
    world.poll().await;
    assert!(inbox(&world, "failed/wordless.csv").exists(), "the text is");
    drop_file(&world, "whole.csv", "id,created on,words\n9,2026-11-23,A kettle of another make.\n");
    world.poll().await;
    assert!(!world.verb(&["sources"]).await.text().contains("with a remark"));
    world.finish().await;
}
