"""Settings of a home: what the shop leaves out is filled from what its platforms are."""

from __future__ import annotations

from configs.loader import load_settings


def test_a_platform_without_keyword_reports_must_deliver_its_plans_unless_the_shop_says_otherwise(tmp_path):
    (tmp_path / "settings.yaml").write_text(
        "platforms:\n  qianchuan: {account: main}\n  jd_jzt: {account: main}\n  tencent_ads: {required: [entities]}\n"
    )
    uses = load_settings(tmp_path).platforms
    assert uses["qianchuan"].required == ("placement_daily",)
    assert uses["jd_jzt"].required == ("keyword_daily",)
    assert uses["tencent_ads"].required == ("entities",)
