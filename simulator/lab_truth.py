"""The drawn truth of a lab market: platforms, campaigns, words, and what each keyword really does.

Here belong the numbers that nobody in the shop knows. Days are lived in ``simulator.lab_days``; what the shop's reports show
of them is ``simulator.lab_facts``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from simulator.options import PROFILES, USD_RATE, Profile
from simulator.words import VOCABULARIES, Vocabulary

PLATFORMS = ("amazon_sp", "baidu_search", "google_ads", "taobao_keyword")
TELLS_SHARES = ("google_ads", "baidu_search")  # exports impression shares; on the others throttling must be inferred
TELLS_CARTS = ("taobao_keyword",)
KEYWORDS_PER_CAMPAIGN = 80
KEYWORDS_PER_PRODUCT = 40
STAFF_WEIGHT = 0.5  # staff bid half by what a word is worth and half by the account's habit
STAFF_SD = 0.35  # of the log bid: what staff get wrong
STAFF_LEVEL = 1.5  # habit: so much more than a click is worth
MIN_STAFF_BID = 0.05
RATE = {"CNY": 1.0, "USD": USD_RATE}


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of the log effects; what the oracle knows and the shop does not."""

    campaign: float = 0.30
    match_type: float = 0.15
    root: float = 0.20
    keyword: float = 0.40
    brand: float = 0.70  # a shift, not a spread: brand words sell so much better
    drift: float = 0.08  # slow swing of conversion rates; that of clicks is 0.15
    mood: float = 0.06  # a platform's common luck of one day
    weekday: float = 0.10  # of a platform's clicks by day of week; half of that for its conversion rate


@dataclass(frozen=True)
class LabOptions:
    """What one may choose of a lab market."""

    first_day: date = date(2025, 6, 28)  # no promotion of the packaged calendar lies in the two months after it
    history_days: int = 60
    export_days: int = 16  # how many days an export tells; later conversions of a day are never seen
    n_platforms: int = 3
    clicks: float = 0.25  # median clicks a keyword and day: sparse
    throttled_share: float = 0.35  # of campaigns whose budget lies below their demand
    has_promotion: bool = False  # 618 falls into the history
    is_gamma: bool = False  # keyword effects Gamma instead of log-normal
    spreads: Spreads = field(default_factory=Spreads)


@dataclass(frozen=True)
class Truth:
    """Arrays of shape (n_keywords,) in item order of each platform, and the small tables that they point into.

    ``design`` (n_keywords, n_roots) is 1 where a keyword holds the root word. Money is in the platform's own currency.
    """

    platforms: tuple[Profile, ...]
    keywords: pd.DataFrame  # the texts and ids that reports show, with platform, campaign and product codes
    campaigns: pd.DataFrame  # platform, campaign, campaign_id, daily_budget, category
    products: pd.DataFrame
    design: np.ndarray
    platform: np.ndarray
    campaign: np.ndarray
    base_clicks: np.ndarray
    base_bid: np.ndarray
    eta: np.ndarray
    rank_share: np.ndarray
    ctr: np.ndarray
    cvr: np.ndarray
    order_value: np.ndarray  # gross, own currency
    margin: np.ndarray
    reported: tuple[np.ndarray, ...]  # per platform, share of conversions known at age 0, 1, 2 ...
    weekday: np.ndarray  # (2, n_platforms, 7) clicks and conversion rate of each day of week against a usual day

    def __len__(self) -> int:
        return len(self.cvr)

    @property
    def rate(self) -> np.ndarray:
        """Shop money per unit of each keyword's currency."""
        return np.array([RATE[one.currency] for one in self.platforms])[self.platform]

    @property
    def net_value(self) -> np.ndarray:
        """Margin that a click brings on a usual day after refunds, in shop money, at the usual conversion rate."""
        kept = 1.0 - np.array([one.refund for one in self.platforms])[self.platform]
        return self.cvr * self.order_value * kept * self.margin * self.rate


def draw_truth(seed: int, n_keywords: int, options: LabOptions) -> Truth:
    """Return the truth of one market; the same arguments give the same truth."""
    rng = np.random.default_rng([seed, 1])
    chosen = sorted(rng.choice(PLATFORMS, size=options.n_platforms, replace=False))
    profiles = tuple(PROFILES[str(name)] for name in chosen)
    share = rng.dirichlet(np.full(len(profiles), 4.0))
    sizes = np.maximum((share * n_keywords).astype(int), 100)
    platform = np.repeat(np.arange(len(profiles)), sizes)
    keywords, design = _texts(profiles, sizes, rng)
    campaigns = _campaigns(keywords, profiles)
    cvr = _conversion_rates(keywords, design, profiles, options, rng)
    products, product = _products(keywords, rng)
    keywords["product_id"] = products["product_id"].to_numpy()[product]
    group = platform * 3 + pd.factorize(keywords["match_type"], sort=True)[0] % 3
    eta = np.exp(rng.normal(np.log(0.65), 0.2, 3 * len(profiles)))[group] * np.exp(rng.normal(0.0, 0.15, len(platform)))
    base = np.array([one.ctr for one in profiles])[platform]
    rate = np.array([RATE[one.currency] for one in profiles])[platform]
    value = products["price"].to_numpy()[product] / rate * np.exp(rng.normal(0.0, 0.15, len(platform)))
    margin = products["margin"].to_numpy()[product]
    kept = 1.0 - np.array([one.refund for one in profiles])[platform]
    worth = np.log(cvr * value * kept * margin)
    bid = np.exp(staff_habit(worth, platform) + STAFF_WEIGHT * worth + rng.normal(0.0, STAFF_SD, len(platform)))
    truth = Truth(
        profiles, keywords, campaigns, products, design, platform, keywords["campaign_code"].to_numpy(),
        options.clicks * np.exp(rng.normal(0.0, 1.5, len(platform))), np.maximum(bid.round(2), MIN_STAFF_BID),
        eta, rng.uniform(0.15, 0.85, len(platform)), np.minimum(base * np.exp(rng.normal(0.0, 0.3, len(platform))), 0.4),
        cvr, value, margin, tuple(_delay(one, rng) for one in profiles), _weekdays(profiles, options, rng),
    )  # fmt: skip
    campaigns["daily_budget"] = _budgets(truth, options, rng)
    return truth


def staff_habit(worth: np.ndarray, platform: np.ndarray) -> np.ndarray:
    """Return the part of each log bid that is the account's habit and not the word's own log worth."""
    return np.log(STAFF_LEVEL) + (1.0 - STAFF_WEIGHT) * _mean_by(worth, platform)


def usual_cost(truth: Truth) -> np.ndarray:
    """Return each keyword's cost of a usual day at its first bid, own currency: truthful second price."""
    return truth.base_clicks * truth.base_bid * truth.eta / (1.0 + truth.eta)


def _texts(
    profiles: tuple[Profile, ...], sizes: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw words; a keyword is its roots put together, unlike any other of its ad group and match type."""
    frames, designs = [], []
    for code, (profile, size) in enumerate(zip(profiles, sizes, strict=True)):
        words = VOCABULARIES[profile.language]
        frame, design = _platform_texts(words, profile, int(size), rng)
        ids = rng.permutation(int(size)) + 10**9 * (code + 1)
        frame = frame.assign(platform_code=code, keyword_id=[str(one) for one in ids])
        frames.append(frame)
        designs.append(design)
    out = pd.concat(frames, ignore_index=True)
    n_roots = sum(one.shape[1] for one in designs)
    design, at = np.zeros((len(out), n_roots)), 0
    for code, one in enumerate(designs):
        design[(out["platform_code"] == code).to_numpy(), at : at + one.shape[1]] = one
        at += one.shape[1]
    n_campaigns = out.groupby("platform_code")["local_campaign"].max() + 1
    first = n_campaigns.cumsum().shift(fill_value=0)
    out["campaign_code"] = out["local_campaign"] + out["platform_code"].map(first)
    return out, design


def _platform_texts(
    words: Vocabulary, profile: Profile, size: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    n_campaigns = max(size // KEYWORDS_PER_CAMPAIGN, 2)
    modifiers, extras = np.array(words.modifiers), np.array(["", *words.useful])
    popularity = 1.0 / (1.0 + np.arange(len(modifiers)))  # few roots are common, most are rare
    draws = 4 * size
    campaign = rng.integers(n_campaigns, size=draws)
    category = campaign % len(words.categories)
    first, second = (rng.choice(len(modifiers), draws, p=popularity / popularity.sum()) for _ in range(2))
    extra = rng.choice(len(extras), draws, p=np.array([0.5, *[0.5 / len(words.useful)] * len(words.useful)]))
    match = rng.choice(np.array(profile.match_types), draws)
    is_brand = campaign == n_campaigns - 1
    head = np.where(is_brand, words.brand, modifiers[first])
    frame = pd.DataFrame({
        "local_campaign": campaign, "category": category, "first": first, "second": second, "extra": extra,
        "match_type": match, "is_brand": is_brand,
    })  # fmt: skip
    parts = zip(head, modifiers[second], np.array(words.categories)[category], extras[extra], strict=True)
    frame["keyword"] = [words.join.join(part for part in dict.fromkeys(one) if part) for one in parts]
    frame["ad_group"] = "group " + pd.Series(campaign * 4 + second % 4).astype(str)
    frame = frame.drop_duplicates(["local_campaign", "keyword"]).head(size).reset_index(drop=True)
    if len(frame) < size:
        raise ValueError(f"only {len(frame)} of {size} different keywords could be drawn; ask for fewer keywords")
    design = np.zeros((size, len(words.categories) + len(modifiers) + len(words.useful)))
    at = np.arange(size)
    design[at, frame["category"]] = 1.0
    plain = ~frame["is_brand"].to_numpy()
    design[at[plain], len(words.categories) + frame["first"].to_numpy()[plain]] = 1.0
    design[at, len(words.categories) + frame["second"]] = 1.0
    told = frame["extra"].to_numpy() > 0
    design[at[told], len(words.categories) + len(modifiers) + frame["extra"].to_numpy()[told] - 1] = 1.0
    return frame, design


def _campaigns(keywords: pd.DataFrame, profiles: tuple[Profile, ...]) -> pd.DataFrame:
    """Return one row per campaign code; writes names and ids of campaigns and ad groups onto the keywords."""
    known = keywords.drop_duplicates("campaign_code").sort_values("campaign_code")
    out = known[["campaign_code", "platform_code", "category"]].reset_index(drop=True)
    out["campaign"] = [f"campaign {code:04d}" for code in out["campaign_code"]]
    out["campaign_id"] = [str(70_000_000 + 7 * code) for code in out["campaign_code"]]
    by_code = out.set_index("campaign_code")
    for name in ("campaign", "campaign_id"):
        keywords[name] = keywords["campaign_code"].map(by_code[name])
    keywords["ad_group_id"] = keywords["campaign_id"] + keywords["ad_group"].str.removeprefix("group ")
    keywords["platform"] = np.array([one.platform for one in profiles])[keywords["platform_code"]]
    keywords["currency"] = np.array([one.currency for one in profiles])[keywords["platform_code"]]
    return out


def _conversion_rates(
    keywords: pd.DataFrame,
    design: np.ndarray,
    profiles: tuple[Profile, ...],
    options: LabOptions,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return platform x campaign x match type x roots x keyword effects, the last log-normal or Gamma with mean 1."""
    spread, n = options.spreads, len(keywords)
    base = np.log(np.array([one.cvr for one in profiles]))[keywords["platform_code"]]
    campaign = rng.normal(0.0, spread.campaign, keywords["campaign_code"].max() + 1)[keywords["campaign_code"]]
    kind = keywords["platform_code"].to_numpy() * 4 + pd.factorize(keywords["match_type"], sort=True)[0]
    match = rng.normal(0.0, spread.match_type, kind.max() + 1)[kind]
    roots = design @ rng.normal(0.0, spread.root, design.shape[1])
    shape = 1.0 / (np.exp(spread.keyword**2) - 1.0)  # the same coefficient of variation either way
    drawn = rng.gamma(shape, 1.0 / shape, n) if options.is_gamma else np.exp(
        rng.normal(-(spread.keyword**2) / 2.0, spread.keyword, n)
    )  # fmt: skip
    brand = np.where(keywords["is_brand"], spread.brand, 0.0)
    return np.minimum(np.exp(base + campaign + match + roots + brand) * drawn, 0.5)


def _products(keywords: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    n_products = max(len(keywords) // KEYWORDS_PER_PRODUCT, 6)
    category = keywords["category"].to_numpy()
    product = category + 6 * rng.integers(max(n_products // 6, 1), size=len(keywords))
    n_products = int(product.max()) + 1
    products = pd.DataFrame({
        "product_id": [f"P{code:05d}" for code in range(n_products)],
        "price": np.exp(rng.normal(np.log(120.0), 0.4, n_products)).round(2),
        "margin": rng.uniform(0.3, 0.6, n_products).round(3),
    })  # fmt: skip
    return products, product


def _budgets(truth: Truth, options: LabOptions, rng: np.random.Generator) -> np.ndarray:
    """Return daily budgets: some below the demand of a usual day, the others ample."""
    n = len(truth.campaigns)
    demand = np.bincount(truth.campaign, usual_cost(truth), n)
    is_throttled = rng.random(n) < options.throttled_share
    room = np.where(is_throttled, rng.uniform(0.55, 0.85, n), rng.uniform(1.6, 2.6, n))
    return np.maximum((demand * room).round(0), 5.0)


def _delay(profile: Profile, rng: np.random.Generator) -> np.ndarray:
    """Return a delay of the platform's own kind, faster or slower than its profile says."""
    share = np.asarray(profile.reported) ** np.exp(rng.normal(0.0, 0.15))
    return np.concatenate([share[:-1], [1.0]])


def _weekdays(profiles: tuple[Profile, ...], options: LabOptions, rng: np.random.Generator) -> np.ndarray:
    """Return factors that are 1 on average over a week."""
    spread = options.spreads.weekday * np.array([1.0, 0.5])[:, None, None]
    factor = np.exp(spread * rng.normal(size=(2, len(profiles), 7)))
    return np.asarray(factor / factor.mean(axis=2, keepdims=True))


def _mean_by(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    return np.asarray((np.bincount(group, values) / np.bincount(group))[group])
