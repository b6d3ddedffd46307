// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_style.hpp"

#include <cordon/base/format.hpp>

#include "palette.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

/// A CSS string: everything that is not plain is written as its hexadecimal escape, so it can end
/// neither the string nor the style element.
std::string css_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == ' ' || c == '.' || c == '-' || c == ':' ||
                           c == ',' || static_cast<unsigned char>(c) >= 0x80;
        out += plain ? std::string(1, c) : format("\\{:06x}", static_cast<unsigned char>(c));
    }
    return out + '"';
}

constexpr std::string_view kScreen = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1160px;margin:0 auto;padding:40px 28px 80px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:20px;margin:52px 0 10px;padding-top:14px;border-top:1px solid var(--line);letter-spacing:-.005em}
h3{font-size:16px;margin:28px 0 6px;overflow-wrap:anywhere}
p{margin:8px 0;max-width:75ch}
.lead{font-size:17px;line-height:1.55}.lead code{font-size:14px}
.soft,small{color:var(--soft)}
small{display:block;font-size:.82em}
.kicker{color:var(--soft);font-size:13px;letter-spacing:.08em;text-transform:uppercase;margin:0 0 8px}
.mark{border-left:4px solid var(--t10);padding:8px 14px;margin:14px 0;background:var(--panel)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:22px 0}
.facts div{background:var(--panel);border-radius:6px;padding:12px 14px}
.facts b{display:block;font-size:20px;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts span{color:var(--soft);font-size:13px}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.4;margin:10px 0 6px}
caption{text-align:left;color:var(--soft);padding:4px 0}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--line);padding:5px 10px 5px 0;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:6px 10px 6px 0;vertical-align:top}
td.w{overflow-wrap:anywhere;min-width:30ch}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,.id{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;overflow-wrap:anywhere}
.id span{color:var(--soft);font-family:Inter,system-ui,"DejaVu Sans",sans-serif}
.bar{height:8px;background:var(--panel);border-radius:4px;min-width:90px;margin-top:6px}
.bar i{display:block;height:8px;border-radius:4px;background:var(--t10);min-width:2px}
.s-ex i{background:var(--ex)}.s-br i{background:var(--br)}.s-mx i{background:var(--mx)}.s-sw i{background:var(--sw)}
.s-ga i{background:var(--ga)}.s-sv i{background:var(--sv)}.s-cr i{background:var(--cr)}.quiet i{background:var(--soft)}
.icon .f{fill:currentColor}.icon .d{fill:none;stroke:var(--bg);stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}.icon .p{fill:var(--bg)}
.icon.s-ex{color:var(--ex)}.icon.s-br{color:var(--br)}.icon.s-mx{color:var(--mx)}.icon.s-sw{color:var(--sw)}.icon.s-ga{color:var(--ga)}.icon.s-sv{color:var(--sv)}.icon.s-cr{color:var(--cr)}
h3 svg{width:16px;height:16px;vertical-align:-2px;margin-right:8px}
.flow{margin:14px 0}
.flow svg{display:block;width:100%;height:auto;max-width:calc(var(--w)*1.1)}
@media (min-width:1280px){.flow{width:min(100vw - 60px,max(100%,var(--w)));margin-left:50%;transform:translateX(-50%)}}
.flow.wide{overflow-x:auto;padding-bottom:4px;scrollbar-width:thin}.flow.wide svg{width:var(--w);max-width:none}
.hint{color:var(--soft);font-size:13px;text-align:right;max-width:none;margin:14px 0 -8px}
.dense{font-size:12.5px}.dense td{padding-top:4px;padding-bottom:4px}.dense .group th{border-bottom:0;color:var(--ink);padding-top:12px;vertical-align:baseline}
.group svg{width:14px;height:14px;vertical-align:-2px;margin-right:7px}
.moves td{white-space:nowrap}.moves .id{white-space:normal;font-size:11px}.moves small{white-space:normal}
.who a{text-decoration:none}.who i{font:11px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;color:var(--soft);margin-left:6px}
.starts{list-style:none;padding:0;margin:4px 0 8px;max-width:none}.starts li{margin:1px 0;overflow-wrap:anywhere}.list{margin-bottom:0}
.ask{margin-top:24px}.part{font-size:25px;margin:64px 0 6px;padding-top:18px;border-top:3px solid var(--ink)}
details{margin:10px 0}summary{cursor:pointer;color:var(--soft)}
summary:focus-visible,a:focus-visible{outline:2px solid var(--br);outline-offset:2px}
a{color:inherit}
nav{font-size:13px;margin:18px 0 0;display:flex;flex-wrap:wrap;gap:4px 18px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:14px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{padding-left:20px;max-width:75ch}li{margin:4px 0}
@media (max-width:640px){main{padding:24px 16px 60px}dl{grid-template-columns:1fr}dd{margin-bottom:8px}.n{white-space:normal}}
)";

constexpr std::string_view kPrint = R"(
html,body{font-size:9.5pt;line-height:1.4}main{max-width:none;padding:0}nav,summary{display:none}
h1{font-size:20pt}h2{font-size:13.5pt;margin:20pt 0 5pt;padding-top:7pt;break-after:avoid}h3{font-size:11pt;margin:13pt 0 3pt;break-after:avoid}
.lead{font-size:10.5pt}.lead code{font-size:8.6pt}table{font-size:8pt;line-height:1.3;margin:4pt 0}td{padding:2pt 7pt 2pt 0}th{padding:2pt 7pt 2pt 0}code,.id{font-size:7.2pt}
.dense{font-size:6.8pt;line-height:1.16}.dense td{padding:.7pt 5pt .7pt 0}.dense .group th{padding:3.4pt 5pt 0 0}.dense .id,.dense code{font-size:6.1pt}
td small{display:inline;font-size:.93em}td small::before{content:" "}.moves small{display:block}.moves small::before{content:none}.dense th{width:auto!important}
.moves{font-size:6.2pt}.moves .id{font-size:5.9pt;white-space:nowrap}.who i{font-size:5.7pt;margin-left:2.5pt}.group{break-after:avoid}.group svg{width:8pt;height:8pt;margin-right:4pt}
.dense div.id{white-space:nowrap}.dense td+td .id span{white-space:normal}p.ask{margin-top:8pt;break-after:avoid}a{text-decoration:none}.bar{margin-top:3pt;height:5pt}.bar i{height:5pt}
thead{display:table-header-group}tr,.facts div,.mark,dl>*{break-inside:avoid}caption{break-after:avoid}
.facts{grid-template-columns:repeat(4,1fr);gap:6pt}.facts div{padding:7pt 8pt;border:.5pt solid var(--line)}.facts b{font-size:12pt}
.part{break-before:page;margin-top:0}.hint{display:none}.flow,.flow.wide{overflow:visible;width:auto;margin:4pt 0;transform:none;padding:0;break-inside:avoid}
.flow svg,.flow.wide svg{width:100%;max-width:100%;height:auto}.sheet{page:flow;break-before:page;break-after:page}.sheet h2{margin-top:0;border:0}.sheet svg{max-height:148mm}
p,li{orphans:3;widows:3}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
)";

}  // namespace

std::string case_style(std::string_view title, std::string_view evidence_sha256,
                       std::string_view kind) {
    std::string css = ":root{color-scheme:light dark;--panel:#f4f6f9;" + palette_css(false) + "}";
    css += "@media screen and (prefers-color-scheme:dark){:root{--panel:#161c25;" +
           palette_css(true) + "}}";
    css += kScreen;
    css += "@media print{";
    css += kPrint;
    css += "}";
    const std::string box = "font:7.5pt Inter,system-ui,\"DejaVu Sans\",sans-serif;color:#55606e;";
    const std::string margins = format(
        "@top-left{{content:{0};{2}}}@top-right{{content:{3};{2}}}"
        "@bottom-left{{content:{1};{2}}}@bottom-right{{content:\"Page \" "
        "counter(page) \" of \" counter(pages);{2}}}",
        css_string(clean_text(title, 80)),
        css_string(evidence_sha256.empty() ? std::string{"no evidence manifest yet"}
                                           : "evidence SHA-256 " + std::string{evidence_sha256}),
        box, css_string(clean_text(kind, 60)));
    css += format(
        "@page{{size:A4;margin:16mm 13mm 14mm;{0}}}@page flow{{size:A4 landscape;margin:17mm 12mm "
        "15mm;{0}}}",
        margins);
    return css;
}

}  // namespace cordon::report
