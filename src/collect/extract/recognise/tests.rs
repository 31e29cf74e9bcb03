//! Barriers and login pages of many makes, and ordinary pages that have something of them.

use super::*;

fn kind(text: &str) -> FailureKind {
    page_kind(text, FailureKind::NotAFeed).0
}

#[test]
fn html_is_told_from_xml() {
    assert!(is_html("\n<!-- hello -->\n<!DOCTYPE HTML PUBLIC '-//W3C//DTD'><p>"));
    assert!(is_html("<html lang=en>"));
    assert!(!is_html("<rss version='2.0'><channel><description>&lt;html></description>"));
}

#[test]
fn barriers() {
    for page in [
        "<html><title>Just a moment...</title></html>",
        "<title>Just a moment...</title><noscript>Enable JavaScript and cookies to continue</noscript><script>window._cf_chl_opt={}</script>",
        "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>",
        "<script src='/cdn-cgi/challenge-platform/x'></script>",
        "<html><head><title>shop.example</title></head><body><p id=cmsg>Please enable JS and disable any ad blocker</p>\
         <script>var dd={'rt':'c','host':'geo.captcha-delivery.com'}</script></body></html>",
        "<title>Access to this page has been denied</title><div id=\"px-captcha\"></div>",
        "<title>Access Denied</title><h1>Access Denied</h1>You don't have permission to access \"http://x/\" on this server.<p>Reference #18.2",
        "<html><body>Request unsuccessful. Incapsula incident ID: 1-2</body></html>",
        "<title>Human Verification</title><script>window.gokuProps = {}</script>",
        "<html><body>访问过于频繁，请稍后再试</body></html>",
        "<title>百度安全验证</title><div>网络不给力，请稍后重试</div>",
        "<title>验证码</title><div class=slider>请按住滑块，拖动到最右边</div>",
        "<div>为了您的账号安全，请完成下方验证</div>",
        "<title>滑块验证页面</title><div id=nc_1>向右滑动完成验证</div>",
        "<title>Ooops</title><form><div class='g-recaptcha' data-sitekey=x></div></form>",
        "<title>Sicherheitsüberprüfung</title><p>Bestätigen Sie, dass Sie kein Roboter sind",
        "<title>Before you continue to YouTube</title><form action='https://consent.youtube.com/save'>",
        "<title>Один момент...</title>",
        "<title>shop</title><p>ロボットではないことを確認してください</p>",
    ] {
        assert_eq!(kind(page), FailureKind::Blocked, "{page}");
    }
}

#[test]
fn login_pages() {
    for page in [
        "<html><title>會員登入</title><body>...</body></html>",
        "<html><form><input type=\"password\"></form></html>",
        "<title>Sign in | Shop</title><p>Welcome back</p>",
        "<title>淘宝网 - 登录</title><input type=password>",
        "<div>您需要登录后才能查看评论</div>",
        "<title>Forum</title><p>You must be logged in to see this thread.</p>",
        "<script>location.href='https://passport.example/login?back='</script>",
        "<meta http-equiv=refresh content='0;url=/login'>",
        "<title>Anmelden – Laden</title><form><input type='password'></form>",
    ] {
        assert_eq!(kind(page), FailureKind::LoginPage, "{page}");
    }
}

#[test]
fn pages_that_are_not_there() {
    for page in [
        "<html><title>404</title><body>Page not found</body></html>",
        "<title>Seite nicht gefunden | Laden</title>",
        "<title>提示</title><p>抱歉，页面不存在或已被删除</p>",
    ] {
        assert_eq!(kind(page), FailureKind::NotFound, "{page}");
    }
}

#[test]
fn ordinary_pages() {
    let story = "<p>Customers told us about the kettle and the captcha on the shop's login page, and what they did then. </p>".repeat(30);
    for page in [
        "<html><title>Our shop</title></html>".to_owned(),
        format!("<title>Why captchas fail</title><h1>Verify you are human</h1>{story}"),
        format!("<title>Forum</title><a href=/login>Log in</a><form><input type=password></form>{story}"),
        format!("<title>Shop</title><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>{story}"),
        "<title>Shop</title><a href=/login>登录</a> <a href=/register>注册</a><ul><li>茶壶 很好用</ul>".to_owned(),
        "<title>Captcha in practice</title><article><h1>Captchas</h1><p>A captcha asks you to prove that you are not a robot.</article>"
            .to_owned(),
        "<title>验证码的历史</title><article><p>验证码是一种区分用户是计算机还是人的程序。</p></article>".to_owned(),
        format!("<title>Access Denied: a review of the novel</title>{story}{story}"),
        "<title>Contact</title><form><textarea name=t></textarea><div class=g-recaptcha></div></form>".to_owned(),
    ] {
        assert_eq!(kind(&page), FailureKind::NotAFeed, "{page}");
    }
}
