//! What was thought or expected and turned out otherwise.

use super::{Held, state};

#[test]
fn what_turned_out_otherwise_is_held_back() {
    for (text, word) in [
        ("我以為會漏水，用到現在滴水不漏", "漏水"),
        ("怕漏气，结果收到一点没坏", "漏气"),
        ("怕漏水，用到现在也没漏水", "漏水"),
        ("很怕買到仿冒品，收到後掃碼是正品", "仿冒品"),
        ("本以为坏了，原来是我没插电", "坏了"),
        ("本來怕會冒煙，用了一年什麼事都沒有", "冒煙"),
        ("怕着火，买了两年没出过一点事", "着火"),
        ("I thought it was broken, turned out it was not plugged in", "broken"),
        ("They told me it was a scam, but my parcel came and everything is fine", "scam"),
        ("本来以为是诈骗,结果东西真的寄来了", "诈骗"),
        ("Assumed it was a scam but it turns out they are lovely", "scam"),
    ] {
        assert_eq!(state(text, word), Some(Held::Negated), "{text}");
    }
    for (text, word) in [
        ("怕漏气，结果真的漏气了", "漏气"),
        ("怕冒烟，用了三天就冒烟", "冒烟"),
        ("以为会漏水，结果果然漏水", "漏水"),
        ("质量太可怕，结果坏了", "坏"),
        ("以为是正品，结果是假货", "假货"),
        ("我怕坏了", "坏了"),
        ("I thought the service was bad but the food was worse", "bad"),
        ("They told me it was late but it came broken", "late"),
        ("本来以为是诈骗,结果真的是诈骗", "诈骗"),
        ("我很担心会迟到", "迟到"),
        ("Thought it was late, turned out it was late and broken", "late"),
        ("最怕的是慢，结果还算好", "慢"),
    ] {
        assert_ne!(state(text, word), Some(Held::Negated), "{text}");
    }
}

#[test]
fn expectations_that_did_not_come_true_are_held_back() {
    for (text, word) in [
        ("本來以為會等很久，但是很快就好了", "等很久"),
        ("以为会很难吃，不过意外好吃", "难吃"),
        ("還以為會壞，可是用到今天都沒有", "壞"),
        ("I thought it would be cheap rubbish but it works perfectly", "rubbish"),
        ("Expected a long wait but we were not kept waiting", "long wait"),
        ("we were expecting rude staff, yet everybody was lovely", "rude"),
    ] {
        assert_eq!(state(text, word), Some(Held::Negated), "{text}");
    }
    for (text, word) in [
        ("以为会慢，但是没有想到这么慢", "慢"),
        ("以为会很难吃，但是更难吃的是饮料", "难吃"),
        ("I thought it would be late but it was even worse, it never came", "late"),
        ("Expected it to be slow but it was slow and rude", "slow"),
        ("I thought the staff were rude but the manager was fine", "rude"),
    ] {
        assert_ne!(state(text, word), Some(Held::Negated), "{text}");
    }
}
