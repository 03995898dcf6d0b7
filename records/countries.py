"""Names of countries in both languages, by ISO 3166-1 code; a code that is not here is shown as it is."""

NAMES = {
    "AE": ("아랍에미리트", "United Arab Emirates"),
    "AT": ("오스트리아", "Austria"),
    "AU": ("호주", "Australia"),
    "BE": ("벨기에", "Belgium"),
    "BR": ("브라질", "Brazil"),
    "CA": ("캐나다", "Canada"),
    "CH": ("스위스", "Switzerland"),
    "CN": ("중국", "China"),
    "CZ": ("체코", "Czechia"),
    "DE": ("독일", "Germany"),
    "DK": ("덴마크", "Denmark"),
    "ES": ("스페인", "Spain"),
    "FI": ("핀란드", "Finland"),
    "FR": ("프랑스", "France"),
    "GB": ("영국", "United Kingdom"),
    "HK": ("홍콩", "Hong Kong"),
    "HU": ("헝가리", "Hungary"),
    "ID": ("인도네시아", "Indonesia"),
    "IE": ("아일랜드", "Ireland"),
    "IL": ("이스라엘", "Israel"),
    "IN": ("인도", "India"),
    "IT": ("이탈리아", "Italy"),
    "JP": ("일본", "Japan"),
    "KR": ("대한민국", "Republic of Korea"),
    "KZ": ("카자흐스탄", "Kazakhstan"),
    "MX": ("멕시코", "Mexico"),
    "MY": ("말레이시아", "Malaysia"),
    "NL": ("네덜란드", "Netherlands"),
    "NO": ("노르웨이", "Norway"),
    "NZ": ("뉴질랜드", "New Zealand"),
    "PL": ("폴란드", "Poland"),
    "PT": ("포르투갈", "Portugal"),
    "SA": ("사우디아라비아", "Saudi Arabia"),
    "SE": ("스웨덴", "Sweden"),
    "SG": ("싱가포르", "Singapore"),
    "TH": ("태국", "Thailand"),
    "TR": ("튀르키예", "Türkiye"),
    "TW": ("대만", "Taiwan"),
    "UA": ("우크라이나", "Ukraine"),
    "US": ("미국", "United States"),
    "UZ": ("우즈베키스탄", "Uzbekistan"),
    "VN": ("베트남", "Vietnam"),
    "ZA": ("남아프리카공화국", "South Africa"),
}


def country_name(code: str, language: str) -> str:
    """The country's name in `ko` or `en`."""
    ko, en = NAMES.get(code, (code, code))
    return ko if language == "ko" else en
