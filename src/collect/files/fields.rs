//! What a line may say of an item, from text: the same for JSON and CSV.

use super::super::extract::{Context, Raw};
use super::super::normalise::time::order::{self, Order};

/// A field of an item, as `probe` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Id,
    Url,
    Title,
    Text,
    Author,
    Rating,
    RatingMax,
    Published,
    Updated,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 9] =
        [Self::Id, Self::Url, Self::Title, Self::Text, Self::Author, Self::Rating, Self::RatingMax, Self::Published, Self::Updated];

    /// As settings and lines of JSON have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Url => "url",
            Self::Title => "title",
            Self::Text => "text",
            Self::Author => "author",
            Self::Rating => "rating",
            Self::RatingMax => "rating_max",
            Self::Published => "published",
            Self::Updated => "updated",
        }
    }

    /// How columns are called, folded to small letters without spaces and signs.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "reviewid", "commentid", "itemid", "guid", "編號", "编号", "評論id", "评论id"],
            Self::Url => &["url", "link", "permalink", "address", "網址", "网址", "連結", "链接"],
            Self::Title => &["title", "subject", "headline", "summary", "標題", "标题", "主題", "主题", "titel"],
            Self::Text => &[
                "text",
                "body",
                "content",
                "review",
                "reviewtext",
                "reviewbody",
                "comment",
                "message",
                "description",
                "內容",
                "内容",
                "評論",
                "评论",
                "評論內容",
                "评论内容",
                "留言",
                "正文",
            ],
            Self::Author => {
                &["author", "user", "username", "name", "reviewer", "nickname", "customer", "作者", "用戶", "用户", "暱稱", "昵称", "autor"]
            }
            Self::Rating => &["rating", "stars", "score", "reviewrating", "starrating", "評分", "评分", "星級", "星级", "分數", "分数"],
            Self::RatingMax => &["ratingmax", "maxrating", "bestrating", "scale", "滿分", "满分"],
            Self::Published => &[
                "published",
                "date",
                "time",
                "datetime",
                "createdat",
                "created",
                "timestamp",
                "publishedat",
                "reviewdate",
                "日期",
                "時間",
                "时间",
                "發布時間",
                "发布时间",
                "評論時間",
                "评论时间",
                "datum",
            ],
            Self::Updated => &["updated", "updatedat", "modified", "edited", "更新時間", "更新时间"],
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Fields as text, on their way to an entry.
#[derive(Default)]
pub(super) struct Said {
    pub(super) fields: std::collections::BTreeMap<Field, String>,
    /// What of it cannot be taken, for people.
    pub(super) faults: Vec<String>,
}

impl Said {
    fn take(&mut self, field: Field) -> Option<String> {
        self.fields.remove(&field).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The entry with remarks on it, or all its faults; the texts are plain, and what comes after expects markup. A date that cannot be
    /// read, or of which nothing says whether the day or the month stands first, is left out: a review without a date is still a review.
    pub(super) fn entry(mut self, order: Option<Order>, context: &Context<'_>) -> Result<(Raw, Option<String>), String> {
        let mut remarks = Vec::new();
        let mut faults = std::mem::take(&mut self.faults);
        // What is of the wrong kind may have been the text.
        let complete = faults.is_empty();
        let mut moment = |text: Option<String>, name: &str| {
            let text = text?;
            let found = order::parse_in(&text, order, context.timezone, context.now);
            if found.is_none() {
                let why = if order::is_open(&text) { "can be read in two ways" } else { "is no time" };
                remarks.push(format!("`{name}` {why}, and it is taken without one: {:?}", shortened(&text)));
            }
            found
        };
        let published = moment(self.take(Field::Published), "published");
        let updated = moment(self.take(Field::Updated), "updated");
        let rating = match (self.take(Field::Rating), self.take(Field::RatingMax)) {
            (Some(rating), Some(most)) if !rating.contains('/') => Some(format!("{rating} / {most}")),
            (rating, _) => rating,
        };
        let entry = Raw {
            id: self.take(Field::Id),
            link: self.take(Field::Url),
            title: self.take(Field::Title).map(|title| escaped(&title)),
            text: self.take(Field::Text).map(|text| escaped(&text)),
            author: self.take(Field::Author),
            rating,
            published,
            updated,
            ..Raw::default()
        };
        if complete && entry.text.is_none() && entry.title.is_none() && entry.rating.is_none() {
            faults.push("there is neither a text, nor a title, nor a rating in it".to_owned());
        }
        if faults.is_empty() { Ok((entry, (!remarks.is_empty()).then(|| remarks.join("; ")))) } else { Err(faults.join("; ")) }
    }
}

/// Of what stands in the place of a time as much is shown.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}
