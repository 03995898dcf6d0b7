"""The words of money: lines and their yearly amounts, what was really moved, rates, and the figures worked out of them."""

from .figures import LineFigure, Rollup
from .ledger import ExchangeRate, LedgerEntry
from .lines import PAYER_KIND_OF, Category, FundingAmount, FundingLine, PayerKind, PayerPlace

__all__ = [
    "PAYER_KIND_OF",
    "Category",
    "ExchangeRate",
    "FundingAmount",
    "FundingLine",
    "LedgerEntry",
    "LineFigure",
    "PayerKind",
    "PayerPlace",
    "Rollup",
]
