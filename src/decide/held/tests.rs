//! What is held back and what is said.

mod turned;

use super::*;
use crate::decide::fold::fold;

fn state(text: &str, word: &str) -> Option<Held> {
    let folded = fold(text);
    let word = fold(word);
    let start = folded.text().find(word.text()).expect("the word is there");
    held(folded.text(), &Marks::of(folded.text()), start, start + word.text().len())
}

#[test]
fn denials_are_held_back() {
    for (text, word) in [
        ("這不是詐騙", "詐騙"),
        ("没有坏", "坏"),
        ("質量不差", "差"),
        ("也不是很差啦", "差"),
        ("沒有任何質量問題", "質量問題"),
        ("没出现过质量问题", "质量问题"),
        ("質量問題沒有。", "質量問題"),
        ("并非假货", "假货"),
        ("應該不是詐騙吧？", "詐騙"),
        ("不算太贵", "贵"),
        ("毫无异味", "异味"),
        ("not a scam", "scam"),
        ("I doubt it is a scam", "scam"),
        ("I doubt that they're scammers", "scammers"),
        ("We never had a problem", "problem"),
        ("no complaints", "complaints"),
        ("it isn't really that bad", "bad"),
        ("Arrived without any damage", "damage"),
        ("didnt have any issues", "issues"),
        ("Das Gerät ist nicht kaputt", "kaputt"),
        ("Kein einziges Problem", "Problem"),
        ("Het is helemaal niet duur", "duur"),
        ("nooit problemen gehad", "problemen"),
        ("Ce n'est pas du tout une arnaque", "arnaque"),
        ("pas d'arnaque ici", "arnaque"),
        ("Máy không hề bị lỗi", "lỗi"),
        ("may ko bi loi", "loi"),
        ("混んでおらず快適", "混んで"),
        ("待たされる事もなく", "待たされる"),
        ("ohne eine Minute Verspätung", "Verspätung"),
        ("Pin không được tốt", "tốt"),
        ("Keine großen Probleme", "Probleme"),
        ("壊れていません", "壊れて"),
        ("問題は特にありませんでした", "問題"),
        ("問題なく使えた", "問題"),
        ("不満は一切ない", "不満"),
    ] {
        assert_eq!(state(text, word), Some(Held::Negated), "{text}");
    }
}

#[test]
fn what_is_said_is_left_standing() {
    for (text, word) in [
        ("质量非常差", "差"),
        ("nicht nur teuer", "teuer"),
        ("Funktioniert nicht und ist teuer", "teuer"),
        ("niet alleen duur", "duur"),
        ("non seulement cher", "cher"),
        ("không những chậm", "chậm"),
        ("問題がずっと続く", "問題"),
        ("最悪じゃないか", "最悪"),
        ("壊れてた", "壊れて"),
        ("不过很差", "差"),
        ("不仅贵", "贵"),
        ("没想到是假货", "假货"),
        ("是不是假货", "假货"),
        ("這不是詐騙嗎？", "詐騙"),
        ("不是不好", "好"),
        ("從沒見過這麼差的", "差"),
        ("味道不好，态度差", "差"),
        ("特别差", "差"),
        ("没几天就坏了", "坏"),
        ("not only late but broken", "late"),
        ("it could not be delivered. Terrible", "terrible"),
        ("couldn't be worse", "worse"),
        ("I have never seen such rude staff", "rude"),
        ("no, this is a scam", "scam"),
        ("要是早知道这么差就不买了", "差"),
        ("if I could give zero stars", "zero stars"),
        ("even if it is cheap", "cheap"),
    ] {
        assert_eq!(state(text, word), None, "{text}");
    }
}

#[test]
fn conditions_inquiries_and_titles_are_held_back() {
    for (text, word, expected) in [
        ("如果坏了可以退", "坏了", Held::Supposed),
        ("請問會不會是假貨", "假貨", Held::Asked),
        ("If it breaks you get a refund", "breaks", Held::Supposed),
        ("《大騙局》這本書很好看", "騙局", Held::Titled),
    ] {
        assert_eq!(state(text, word), Some(expected), "{text}");
    }
}

#[test]
fn questions_and_fears_are_held_back() {
    for (text, word, expected) in [
        ("是不是假货？", "假货", Held::Asked),
        ("這家會不會是詐騙呢", "詐騙", Held::Asked),
        ("用久了会坏吗？", "坏", Held::Asked),
        ("有没有人知道这家是骗子吗", "骗子", Held::Asked),
        ("Is this a scam?", "scam", Held::Asked),
        ("Hello. Are they always late?", "late", Held::Asked),
        ("anyone know if these break easily", "break", Held::Asked),
        ("本来担心碰坏了，结果很好", "碰坏", Held::Feared),
        ("不用擔心質量問題", "質量問題", Held::Feared),
        ("我原本很担心会迟到，结果司机提早十分钟到", "迟到", Held::Feared),
        ("I was worried it would break", "break", Held::Feared),
        ("坏了的话可以换", "坏了", Held::Supposed),
    ] {
        assert_eq!(state(text, word), Some(expected), "{text}");
    }
}

#[test]
fn rumours_are_held_back_until_they_come_true() {
    for (text, word) in [
        ("網傳五十嵐用過期牛奶", "過期"),
        ("听说这家店员会骂人", "骂人"),
        ("據說他們家是詐騙，有人知道嗎", "詐騙"),
        ("有謠言說裡面有蟲", "有蟲"),
        ("Rumour has it they sell expired milk", "expired"),
        ("I read that their phones explode", "explode"),
        ("I heard that the staff are rude", "rude"),
    ] {
        assert_eq!(state(text, word), Some(Held::Quoted), "{text}");
    }
    for (text, word) in [
        ("听说很难吃，果然难吃", "难吃"),
        ("聽說店員會罵人。果然！", "罵人"),
        ("從沒聽說過這麼爛的服務", "爛"),
        ("听说很好喝，结果难喝", "难喝"),
        ("听说很好喝但是难喝", "难喝"),
        ("I heard that they are good but mine broke", "broke"),
        ("I heard the waiter insult my wife", "insult"),
        ("客服说听不懂，态度差", "态度差"),
    ] {
        assert_eq!(state(text, word), None, "{text}");
    }
}

#[test]
fn what_others_say_may_be_denied_later_in_the_sentence() {
    for (text, word) in [
        ("說他們用過期牛奶是謠言", "過期"),
        ("网上说会漏水，用了半年根本没有", "漏水"),
        ("有人說店員會罵人，根本沒這回事", "罵人"),
        ("大家都说很慢，其实不会", "慢"),
        ("People say it breaks, which is not true at all", "breaks"),
        ("people say the staff are rude but mine never were, not true", "rude"),
        ("That they sell expired milk is a rumour", "expired"),
    ] {
        assert!(matches!(state(text, word), Some(Held::Negated | Held::Quoted)), "{text}");
    }
    assert_eq!(state("網路上說會漏水，用了半年根本沒有", "漏水"), Some(Held::Negated));
    for (text, word) in [
        ("店员骂人，客服说没这回事", "骂人"),
        ("店員罵人，根本沒有道歉", "罵人"),
        ("有人说服务好，店员却骂人，根本没有道歉", "骂人"),
        ("My parcel is lost, they say it was delivered, which is not true", "lost"),
        ("东西坏了，商家辩称不实", "坏了"),
    ] {
        assert_eq!(state(text, word), None, "{text}");
    }
}

#[test]
fn older_things_are_not_ours() {
    for (text, word) in [
        ("上一台用三個月就壞了，這台很好", "壞了"),
        ("旧的那台很吵", "很吵"),
        ("以前那家的店員會罵人", "罵人"),
        ("上一台用了一年，就坏了", "坏了"),
        ("隔壁那家難喝死了", "難喝"),
        ("my old one broke after a week", "broke"),
        ("My previous phone was terrible", "terrible"),
        ("The place next door is awful", "awful"),
    ] {
        assert_eq!(state(text, word), Some(Held::Compared), "{text}");
    }
    for (text, word) in [
        ("上一台也是你們家的，壞了", "壞了"),
        ("这是第二台了，上一台坏了", "坏了"),
        ("上一台三年才壞，這台三天就壞了", "三天就壞"),
        ("比旧的那台还吵", "吵"),
        ("上一台用了一年，客服态度差", "态度差"),
        ("前任店長人很好，現在的罵人", "罵人"),
        ("另一家分店的店员骂人", "骂人"),
        ("my last order was late", "late"),
        ("My old one lasted years but this broke", "broke"),
        ("worse than my old one, terrible", "terrible"),
        ("my old phone broke too", "broke"),
        ("other brands are fine but yours broke", "broke"),
    ] {
        assert_eq!(state(text, word), None, "{text}");
    }
}

#[test]
fn reproaches_and_doubts_are_said() {
    for (text, word) in [
        ("请问你们为什么这么慢", "慢"),
        ("不知道是不是假货", "假货"),
        ("是不是发错货了？", "发错货"),
        ("這是欺負人嗎？", "欺負人"),
        ("有點擔心會壞", "壞"),
        ("质量让人担心", "担心"),
        ("Why is your service so terrible?", "terrible"),
        ("Do you ever answer? Rude.", "rude"),
        ("Is it too much to ask for staff that is not rude?", "staff"),
        ("如果评分能负数的话我给负五星", "负五星"),
    ] {
        assert_eq!(state(text, word), None, "{text}");
    }
}

#[test]
fn others_and_their_words_are_told_apart_from_us() {
    for (text, word, expected) in [
        ("别家的质量很差", "差", Some(Held::Compared)),
        ("別牌那台才叫爛", "爛", Some(Held::Compared)),
        ("比别牌还差", "差", None),
        ("my previous brand broke in a month", "broke", Some(Held::Compared)),
        ("不像別家那麼慢", "慢", Some(Held::Compared)),
        ("比别家贵", "贵", None),
        ("没有别家好，差", "差", None),
        ("Unlike Acme, which broke twice, it works", "broke", Some(Held::Compared)),
        ("Unlike others, this one broke", "broke", None),
        ("other brands break after a week", "break", Some(Held::Compared)),
        ("worse than other brands, terrible", "terrible", None),
        ("看評論說很鹹，其實不會", "鹹", Some(Held::Negated)),
        ("看评论说会掉色，果然掉色了", "会掉色", None),
        ("客服说不能退", "不能退", None),
        ("some say it is a scam", "scam", Some(Held::Quoted)),
    ] {
        assert_eq!(state(text, word), expected, "{text}");
    }
}

#[test]
fn mockery_is_told_from_praise() {
    let mocked = |text: &str, word: &str, quoted: bool| {
        let folded = fold(text);
        let start = folded.text().find(word).expect("the word is there");
        is_mocked(folded.text(), &Marks::of(folded.text()), start, start + word.len(), quoted)
    };
    assert!(mocked("Great, another week of waiting", "great", false));
    assert!(mocked("Thanks for nothing", "thanks", false));
    assert!(mocked("这服务真棒，我也是醉了", "真棒", false));
    assert!(mocked("真棒，又坏了", "真棒", false));
    assert!(mocked("好", "好", true));
    assert!(!mocked("Works great. Now I have two", "great", false));
    assert!(!mocked("服务真好，呵呵", "真好", false), "a friendly laugh is in every second review");
    assert!(!mocked("thanks for the quick reply", "thanks", false));
}

#[test]
fn grave_harm_is_put_to_us_or_it_is_not() {
    let elsewhere = |text: &str, word: &str| {
        let (folded, word) = (fold(text), fold(word));
        let start = folded.text().find(word.text()).expect("the word is there");
        is_elsewhere(folded.text(), &Marks::of(folded.text()), start, start + word.text().len())
    };
    for (text, word) in [
        ("有客人噎到，店員馬上哈姆立克救回來", "噎到"),
        ("櫃員機警，擋下一筆詐騙匯款", "詐騙"),
        ("隔壁著火，物業馬上疏散大家", "著火"),
        ("店員機警報案，警方立功", "報案"),
        ("預防食物中毒講座", "食物中毒"),
        ("連續三年零食物中毒", "食物中毒"),
        ("食物中毒防治宣導", "食物中毒"),
        ("地震後品牌捐款，協助受傷災民", "受傷"),
        ("警方在超商門口抓到小偷", "小偷"),
        ("A guest was choking and the waitress did the Heimlich", "choking"),
        ("The shop caught fire next door and staff here got everyone out", "caught fire"),
        ("Acme wins prize for food-poisoning prevention", "poisoning"),
        ("Acme donates to hospitals treating injured people after the earthquake", "injured"),
        ("Police arrested a thief outside the mall", "thief"),
        ("worried about food poisoning", "food poisoning"),
        ("worried about food poisoning", "poisoning"),
        ("tips to prevent burns", "burns"),
        ("在家被鍋子燙傷，擦他們的藥膏很快就好了", "燙傷"),
        ("以前吃蝦都會起疹子，吃這家竟然沒事", "起疹子"),
        ("謝謝急診的護理師，這次骨折多虧你們", "骨折"),
        ("電影裡的毒殺拍得真好", "毒殺"),
        ("I burned my hand at home and their ointment helped", "burned my hand"),
        ("I used to get rashes from every soap, never from this one", "rashes"),
        ("Thank you to the nurses who looked after my broken wrist", "broken wrist"),
        ("the bugs in this game look real", "bugs"),
        ("殺蟲劑效果好，蟑螂死一地", "蟑螂死"),
        ("found a hair in my food at another place last week", "hair"),
        ("The exterminator got rid of all our bed bugs", "bed bugs"),
    ] {
        assert!(elsewhere(text, word), "{text}");
    }
    for (text, word) in [
        ("吃到骨頭噎到，店員救了我", "噎到"),
        ("客人噎到，店員沒有做急救", "噎到"),
        ("保全把我攔下來說我偷東西", "偷東西"),
        ("廚房起火，店員疏散大家", "起火"),
        ("房間有蟑螂，只給了一罐殺蟲劑", "蟑螂"),
        ("孩子被門夾到手流血，店員叫救護車送醫急救", "流血"),
        ("店員偷錢被警方逮捕，男子是店長", "偷錢"),
        ("品牌捐款，卻讓客人食物中毒", "食物中毒"),
        ("零食中毒了全班", "中毒"),
        ("A guest was choking and the staff refused to do CPR", "choking"),
        ("My son cut his foot on a broken tile, staff gave first aid", "cut his foot"),
        ("The kitchen caught fire and the staff got everyone out", "caught fire"),
        ("I choked on a bone in their fish, the waiter saved my life", "choked"),
        ("My bag was stolen here, they arrested the thief", "stolen"),
        ("Acme donates a million after food poisoning of forty guests", "food poisoning"),
        ("Police arrested the manager of Acme, a man who stole tips", "stole"),
        ("Acme recalls kettles after burns", "burns"),
        ("thanks to your cream the doctor sees my rash", "rash"),
        ("噴了殺蟲劑還是有蟑螂", "蟑螂"),
        ("被熱湯燙傷，店員只給藥膏說有效", "燙傷"),
        ("擦了這條藥膏整臉起疹子", "起疹子"),
        ("在店裡被門夾到流血，自己擦藥膏才好了", "流血"),
        ("看恐怖片時在影城被老鼠咬", "被老鼠咬"),
        ("以前來都很好，這次拉肚子，再也沒力氣", "拉肚子"),
        ("吃完你們的蝦食物中毒，感謝急診醫生", "食物中毒"),
    ] {
        assert!(!elsewhere(text, word), "{text}");
    }
}

#[test]
fn a_word_of_a_chain_denies_none_of_the_others() {
    let text = fold("一直不退錢");
    let (text, marks) = (text.text(), Marks::of(text.text()));
    let not = text.find('不').expect("it is there");
    let refund = not + '不'.len_utf8();
    assert_eq!(held(text, &marks, refund, text.len()), Some(Held::Negated), "by itself");
    assert_eq!(held_in_chain(text, &marks, refund, refund, text.len()), None, "said together");
    let text = fold("服務不會差");
    let (text, marks) = (text.text(), Marks::of(text.text()));
    let (service, bad) = ("服务".len(), text.len() - '差'.len_utf8());
    assert_eq!(held_in_chain(text, &marks, service, bad, text.len()), Some(Held::Negated), "the negator is no word of the chain");
}
