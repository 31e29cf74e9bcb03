//! What the demo's sample shops publish: reviews written for it, with what must come of each.

/// Where a sample appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The RSS feed of a forum.
    Feed,
    /// The HTML page of a shop.
    Page,
}

/// One review of an invented brand of kettles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Last part of its address, unique.
    pub(super) slug: &'static str,
    pub(super) place: Place,
    pub(super) author: &'static str,
    pub(super) stars: u8,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    /// There before the demo begins: known, never paged.
    pub(super) old: bool,
    /// A department must be warned of it.
    pub(super) warns: bool,
}

/// All of them, in the order they are published.
pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        slug: "three-months-on",
        place: Place::Feed,
        author: "小雯",
        stars: 5,
        title: "紅隼快煮壺三個月心得",
        text: "用了三個月，水滾得快，壺嘴不滴水，很滿意。",
        old: true,
        warns: false,
    },
    Sample {
        slug: "old-complaint",
        place: Place::Page,
        author: "R. Hale",
        stars: 2,
        title: "Lid came loose",
        text: "The lid of my Kestrel kettle broke last winter.",
        old: true,
        warns: false,
    },
    Sample {
        slug: "ten-days",
        place: Place::Feed,
        author: "阿德",
        stars: 1,
        title: "訂了十天還沒收到貨",
        text: "在官網買紅隼快煮壺，訂了十天還沒收到貨，客服電話一直沒人接，傳訊息也已讀不回。生日早就過了，我要求退費。",
        old: false,
        warns: true,
    },
    Sample {
        slug: "smoke",
        place: Place::Feed,
        author: "林太太",
        stars: 1,
        title: "煮到一半冒煙起火",
        text: "紅隼快煮壺用第二次，底座就冒煙起火，我的手被燙傷送醫。已經向消保官申訴，也通知了記者，打算提告。",
        old: false,
        warns: true,
    },
    Sample {
        slug: "used-as-new",
        place: Place::Page,
        author: "海边的风",
        stars: 1,
        title: "二手当新的卖",
        text: "收到的红隼水壶明显是别人用过的二手货，包装被拆过，当新的卖给我。这就是欺诈！客服态度恶劣，拒绝退款。",
        old: false,
        warns: true,
    },
    Sample {
        slug: "cracked",
        place: Place::Page,
        author: "M. Okafor",
        stars: 1,
        title: "Arrived broken, refund refused",
        text: "My Kestrel kettle arrived broken after three weeks of waiting and customer service refuses a refund. Rude on the phone, too. Never again.",
        old: false,
        warns: true,
    },
    Sample {
        slug: "praise",
        place: Place::Feed,
        author: "Ming",
        stars: 5,
        title: "出貨很快",
        text: "紅隼出貨很快，客服也很親切，品質不錯，推薦。",
        old: false,
        warns: false,
    },
    Sample {
        slug: "another-brand",
        place: Place::Feed,
        author: "路人",
        stars: 1,
        title: "別家的水壺壞了",
        text: "隔壁牌子的水壺用一週就壞了，品質很差，客服也不理人。",
        old: false,
        warns: false,
    },
];
