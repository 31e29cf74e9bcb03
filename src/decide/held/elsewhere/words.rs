//! The words of harm that is not put to the brand.

pub(super) const RESCUES: &[&str] = &[
    "哈姆立克",
    "海姆立克",
    "海姆利克",
    "救回来",
    "救回一命",
    "救了一命",
    "救了他",
    "救了她",
    "救了一个",
    "救了我",
    "救了客人",
    "救了孩子",
    "救了小孩",
    "救起",
    "救出",
    "救人一命",
    "救命之恩",
    "救命恩人",
    "抢救及时",
    "及时抢救",
    "马上急救",
    "立刻急救",
    "帮忙急救",
    "进行急救",
    "做急救",
    "识破",
    "拦下一笔",
    "拦下诈骗",
    "拦阻诈骗",
    "拦阻汇款",
    "拦住诈骗",
    "拦住了诈骗",
    "拦住了电信",
    "帮我拦",
    "挡下一笔",
    "挡下诈骗",
    "劝阻",
    "保住养老",
    "保住了养老",
    "立功",
    "机警",
];
/// Of the house, and nobody's victim here.
pub(super) const HELPERS: &[&str] = &[
    "店员",
    "员工",
    "服务员",
    "服务生",
    "服务人员",
    "保安",
    "店长",
    "老板",
    "柜员",
    "行员",
    "柜台",
    "司机",
    "师傅",
    "警卫",
    "救生员",
    "工作人员",
    "物业",
    "柜姐",
    "经理",
    "空服员",
    "空姐",
    "乘务员",
    "机组",
    "外送员",
    "骑手",
    "小哥",
    "站务",
    "店家",
    "业者",
];
/// Before a rescue: it was wanting.
pub(super) const WANTING: &[&str] = &["没", "不", "拒绝", "无人", "别", "被我"];
/// It came of what was sold.
pub(super) const OF_OURS: &[&str] = &["吃完", "吃了他", "吃了你", "吃到", "喝到", "喝完", "用完", "用了", "你们的", "他们的", "害"];
/// What is sold against it.
pub(super) const REMEDIES: &[&str] = &[
    "杀虫",
    "除虫",
    "灭虫",
    "驱虫",
    "灭蟑",
    "除蟑",
    "防蟑",
    "蟑螂药",
    "蟑螂屋",
    "老鼠药",
    "捕鼠",
    "黏鼠",
    "粘鼠",
    "驱鼠",
    "灭鼠",
    "防蚊",
    "蚊香",
    "除螨",
];
pub(super) const ENGLISH_REMEDIES: &[&str] = &[
    "pest control",
    "insecticide",
    "bug spray",
    "roach spray",
    "mosquito spray",
    "repellent",
    "exterminator",
    "exterminators",
    "fumigation",
];
/// It was of no use, or is needed.
pub(super) const USELESS: &[&str] = &["没用", "没效", "无效", "还是", "照样", "需要", "该", "也没", "还有", "建议", "都是"];
pub(super) const ENGLISH_USELESS: &[&str] = &["useless", "still", "needs", "need", "not", "no", "didn't", "doesn't", "call"];
/// Soon after it: it was not here.
pub(super) const AWAY: &[&str] = &[
    "another place",
    "another restaurant",
    "another shop",
    "another store",
    "another hotel",
    "another cafe",
    "another salon",
    "another bar",
    "another brand",
    "another company",
    "a different place",
    "a different restaurant",
    "a different shop",
    "somewhere else",
    "a competitor",
    "other places",
    "other restaurants",
];
/// Right before what is prevented.
pub(super) const PREVENTS: &[&str] = &["预防", "防范", "防治", "防止", "防制", "杜绝", "打击", "严防", "零", "零食物", "零食品", "反"];
/// Soon after it.
pub(super) const SUBJECTS: &[&str] =
    &["防治", "预防", "防范", "防制", "宣导", "演练", "演习", "讲座", "培训", "知识", "示范", "专家", "侦测器", "探测器", "宣传"];
pub(super) const GOOD_DEEDS: &[&str] = &["捐款", "捐赠", "捐出", "捐助", "荣获", "获颁", "获奖", "得奖", "表彰", "赈灾", "救灾", "义卖"];
pub(super) const ARRESTS: &[&str] = &["逮捕", "抓获", "抓到", "查获", "落网", "逮到", "通缉", "破获", "逮住"];
pub(super) const CULPRITS: &[&str] =
    &["小偷", "扒手", "车贼", "窃贼", "盗贼", "嫌犯", "嫌疑人", "歹徒", "抢匪", "男子", "女子", "窃嫌", "惯犯", "贼"];
pub(super) const CONTRASTS: &[&str] = &["却", "但", "可是", "居然", "竟", "不过"];

pub(super) const ENGLISH_RESCUES: &[&str] = &[
    "heimlich",
    "cpr",
    "saved his life",
    "saved her life",
    "saved my life",
    "saved their life",
    "saved a life",
    "saved the life",
    "saved a",
    "saved my son",
    "saved my daughter",
    "saved my dad",
    "saved my mum",
    "saved my mom",
    "saved my husband",
    "saved my wife",
    "saved my child",
    "saved my baby",
    "pulled a boy out",
    "pulled a girl out",
    "pulled him out",
    "pulled her out",
    "spotted the scam",
    "spotted the fraud",
    "spotted the fake",
    "stopped the thief",
    "stopped the scam",
    "stopped the fraud",
];
pub(super) const ENGLISH_HELPERS: &[&str] = &[
    "staff",
    "waiter",
    "waitress",
    "server",
    "manager",
    "employee",
    "employees",
    "worker",
    "workers",
    "crew",
    "guard",
    "guards",
    "lifeguard",
    "driver",
    "clerk",
    "teller",
    "cashier",
    "barista",
    "team",
    "pilot",
    "security",
    "owner",
];
pub(super) const ENGLISH_WANTING: &[&str] = &["no", "not", "nobody", "never", "refused", "without", "any"];
pub(super) const ENGLISH_OF_OURS: &[&str] = &[
    "after eating",
    "after using",
    "after drinking",
    "because of their",
    "because of your",
    "your fault",
    "their fault",
    "their food",
    "your food",
    "in my food",
    "in the food",
    "in my soup",
    "in the soup",
    "in their food",
    "choked on",
    "bone in",
];
pub(super) const ENGLISH_PREVENTS: &[&str] = &[
    "prevent",
    "prevents",
    "preventing",
    "prevention of",
    "protect against",
    "protects against",
    "protection against",
    "fight against",
    "fights",
    "combat",
    "combats",
    "tackle",
    "tackles",
    "guard against",
    "awareness of",
    "research into",
    "fighting",
    "how to spot",
    "spotting",
];
pub(super) const ENGLISH_SUBJECTS: &[&str] = &[
    "prevention",
    "awareness",
    "drill",
    "drills",
    "campaign",
    "detector",
    "detectors",
    "survivors",
    "victims",
    "relief",
    "simulation",
    "seminar",
    "workshop",
    "experts",
    "hotline",
    "prevention training",
];
pub(super) const ENGLISH_GOOD_DEEDS: &[&str] = &[
    "donates",
    "donated",
    "donating",
    "wins award",
    "wins prize",
    "wins an award",
    "wins a prize",
    "won an award",
    "won a prize",
    "award for",
    "prize for",
    "awarded for",
    "pledges",
    "fundraiser",
    "raises money",
    "honoured for",
    "honored for",
    "recognised for",
    "recognized for",
    "relief fund",
];
pub(super) const ENGLISH_ARRESTS: &[&str] =
    &["arrest", "arrested", "arrests", "nabbed", "detained", "jailed", "wanted for", "seek", "seeking"];
pub(super) const ENGLISH_CULPRITS: &[&str] = &[
    "thief",
    "thieves",
    "robber",
    "robbers",
    "burglar",
    "burglars",
    "pickpocket",
    "pickpockets",
    "shoplifter",
    "shoplifters",
    "suspect",
    "suspects",
    "gunman",
    "man",
    "woman",
    "teenager",
    "gang",
    "fugitive",
];
pub(super) const ENGLISH_CONTRASTS: &[&str] = &["but", "yet", "while", "despite", "although", "whereas"];
/// What a good deed may come after without having been made good by it.
pub(super) const DISASTERS: &[&str] =
    &["earthquake", "typhoon", "flood", "floods", "hurricane", "wildfire", "wildfires", "storm", "tsunami", "quake"];
pub(super) const ENGLISH_DREAD: &[&str] = &["worried about", "afraid of", "scared of", "worry about", "fear of", "nervous about"];
/// Of a fire, which is ours unless it was in the neighbourhood.
pub(super) const FIRE_RESCUES: &[&str] = &["扑灭", "灭火", "疏散", "下楼"];
pub(super) const NEIGHBOURS: &[&str] = &["隔壁", "邻居", "对面", "附近", "旁边那"];
pub(super) const ENGLISH_FIRE_RESCUES: &[&str] =
    &["got everyone out", "got us all out", "put out the fire", "put the fire out", "evacuated", "out safely"];
pub(super) const ENGLISH_NEIGHBOURS: &[&str] =
    &["neighbour's", "neighbor's", "neighbours", "neighbors", "next door", "across the road", "across the street", "down the road"];
/// Where the vermin would be ours.
pub(super) const PREMISES: &[&str] =
    &["房间", "酒店", "餐厅", "店里", "前台", "柜台", "桌上", "床上", "民宿", "饭店", "旅馆", "厨房", "菜"];
pub(super) const ENGLISH_PREMISES: &[&str] = &["room", "hotel", "restaurant", "lobby", "salad", "table", "staff", "manager"];
/// What treats a harm that somebody brought along, and says so.
pub(super) const TREATMENTS: &[&str] =
    &["创可贴", "ok绷", "ok蹦", "药膏", "药水", "护腕", "护膝", "护具", "护踝", "绷带", "烫伤膏", "凉感贴", "芦荟胶", "止痒"];
pub(super) const ENGLISH_TREATMENTS: &[&str] =
    &["plaster", "plasters", "bandage", "bandages", "ointment", "brace", "ice pack", "first aid kit", "boots saved", "aloe gel"];
pub(super) const HEALS: &[&str] = &["好用", "有效", "有用", "管用", "消了", "不流血", "止血", "止住", "好了", "救星", "舒服", "救急", "推"];
pub(super) const ENGLISH_HEALS: &[&str] =
    &["works", "worked", "stopped", "helped", "helps", "healed", "great", "brilliant", "saved", "love", "at once"];
/// It came from the house, or was all it did.
pub(super) const HANDED: &[&str] = &["只给", "才给", "给了", "拿给我", "丢给"];
/// Before what was so until now, and after it: it is no longer.
pub(super) const UNTIL_NOW: &[&str] = &["以前", "从前", "原本"];
pub(super) const NO_LONGER: &[&str] = &["没事", "没再", "不再", "再也没", "就没", "完全没", "竟然没", "改善"];
pub(super) const ENGLISH_UNTIL_NOW: &[&str] = &["used to", "i always got", "until i switched"];
pub(super) const ENGLISH_NO_LONGER: &[&str] =
    &["never", "no more", "no longer", "not anymore", "gone", "stopped", "none since", "not with"];
/// Thanks to those who treat what others did.
pub(super) const THANKS: &[&str] = &["谢谢", "感谢", "多亏", "辛苦了", "致敬"];
pub(super) const MEDICS: &[&str] = &["急诊", "护理师", "护士", "医生", "医师", "医护", "消防员", "消防队", "救护员", "救护人员"];
pub(super) const ENGLISH_THANKS: &[&str] = &["thank you", "thanks", "grateful", "thankful"];
pub(super) const ENGLISH_MEDICS: &[&str] =
    &["nurses", "nurse", "doctors", "doctor", "paramedics", "a&e team", "surgeons", "surgeon", "firefighters", "hospital staff", "er team"];
/// In a story.
pub(super) const FICTION: &[&str] = &[
    "游戏里",
    "游戏中",
    "这游戏的",
    "电影里",
    "电影中",
    "剧里",
    "剧中",
    "小说里",
    "书里",
    "剧本杀里",
    "恐怖片里",
    "纪录片里",
    "片中",
    "这部剧",
    "这部片",
    "这部电影",
];
pub(super) const ENGLISH_FICTION: &[&str] = &[
    "in this game",
    "in the game",
    "in this film",
    "in the film",
    "in this movie",
    "in the movie",
    "in this series",
    "in the novel",
    "in this novel",
    "crime novel",
    "in the story",
];
