"""Writes the files beside it: documents with invented content as JSON lines, and the same as Parquet.

    pip install pyarrow
    python3 make.py                  # full/: every field of the schemas, in chance combinations
    palermo synth --out quarter --accounts 1000 --days 90 --seed 11 --typology CT-14=8
    python3 make.py quarter BANK:2089304779    # network/: what that world knows of one account

The columns of a Parquet file are made of the schema: amounts DECIMAL, times TIMESTAMP in UTC, days DATE,
the fields of a list row a MAP; `text.parquet` has all of them as text.
"""

import datetime
import decimal
import gzip
import json
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
SCHEMAS = HERE / "../../../palermo-codec/schemas"
UTC = datetime.timezone.utc


def schema_of(name):
    return json.loads((SCHEMAS / f"{name}.v1.schema.json").read_text())


def is_amount(schema):
    return schema.get("pattern", "").endswith("(\\.[0-9]{1,8})?$")


def column(schema, typed, unit="us"):
    """The Arrow type of a place of a schema."""
    kind = schema.get("type", "string")
    if kind == "object":
        if "additionalProperties" in schema:
            return pa.map_(pa.string(), pa.string())
        fields = schema["properties"].items()
        return pa.struct([(name, column(of, typed, unit)) for name, of in fields])
    if kind == "array":
        return pa.list_(column(schema["items"], typed, unit))
    if kind == "integer":
        return pa.int16() if typed else pa.int64()
    if kind == "number":
        return pa.float64()
    if kind == "boolean":
        return pa.bool_()
    if typed and is_amount(schema):
        return pa.decimal128(23, 8)
    if typed and schema.get("format") == "date-time":
        return pa.timestamp(unit, tz="UTC")
    if typed and schema.get("format") == "date":
        return pa.date32()
    return pa.string()


def value(schema, of, typed):
    """A value of a document as Arrow takes it."""
    kind = schema.get("type", "string")
    if kind == "object":
        if "additionalProperties" in schema:
            return list(of.items())
        return {name: value(schema["properties"][name], inner, typed) for name, inner in of.items()}
    if kind == "array":
        return [value(schema["items"], inner, typed) for inner in of]
    if typed and is_amount(schema):
        return decimal.Decimal(of)
    if typed and schema.get("format") == "date-time":
        return datetime.datetime.fromisoformat(of)
    if typed and schema.get("format") == "date":
        return datetime.date.fromisoformat(of)
    return of


def write(name, schema, documents, typed=True, unit="us", **options):
    columns = column(schema, typed, unit)
    rows = [value(schema, document, typed) for document in documents]
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(columns)))
    # Nothing is learned from columns that are empty, and a file without them is what people have.
    table = table.select([n for n in table.column_names if table[n].null_count < len(table)])
    pq.write_table(table, name, **options)


def lines(name, documents):
    text = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
    packed = str(name).endswith(".gz")
    pathlib.Path(name).write_bytes(gzip.compress(text.encode(), mtime=0) if packed else text.encode())


class Chance:
    """Documents that a schema allows."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def pick(self, of):
        return self.chance.choice(of)

    def word(self, letters, least, most):
        return "".join(self.pick(letters) for _ in range(self.chance.randint(least, most)))

    def document(self, schema, path=()):
        found = {}
        for name, of in schema["properties"].items():
            if name in schema.get("required", []) or self.chance.random() < 0.5:
                found[name] = self.one(name, of)
        if ("lat" in found) != ("lon" in found):
            found.pop("lat", None)
            found.pop("lon", None)
        return found

    def one(self, name, schema):
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.pick(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            if "additionalProperties" in schema:
                return {self.word("abcde", 3, 8): self.word("xyz", 1, 9) for _ in range(3)}
            return self.document(schema)
        if kind == "array":
            made = [self.one(name, schema["items"]) for _ in range(self.chance.randint(0, 3))]
            return made if made and isinstance(made[0], dict) else sorted(set(made))
        if kind == "integer":
            return self.chance.randint(schema.get("minimum", 0), min(schema.get("maximum", 99), 99))
        if kind == "number":
            return round(self.chance.uniform(schema["minimum"], schema["maximum"]), 6)
        if kind == "boolean":
            return self.pick([True, False])
        return self.text(name, schema)

    def text(self, name, schema):
        pattern, form = schema.get("pattern", ""), schema.get("format")
        if is_amount(schema):
            return self.pick(["0", "7", "12.5", "1200.00", "0.01", "99999999999.99"])
        day = datetime.date(2026, 3, 1) + datetime.timedelta(days=self.chance.randint(0, 300))
        if form == "date":
            return day.isoformat()
        if form == "date-time":
            return f"{day}T{self.chance.randint(10, 23)}:15:{self.chance.randint(10, 59)}.{self.chance.randint(100, 999)}Z"
        if form == "uuid":
            return "97ed4827-7b6f-4491-a06f-b548d5a7512d"
        for begins, made in [
            ("^[0-9a-f]", self.word("0123456789abcdef", 16, 32)),
            ("^[A-Z]{2}[A-Z2-9]{3}", "DE" + self.word("ABC", 3, 3)),
            ("^[A-Z]{2}", self.pick(["DE", "US", "RO"])),
            ("^[A-Z0-9]{3,8}", self.pick(["EUR", "USD"])),
            ("^[A-Z]{3}", "EUR"),
            ("^[A-Z0-9]{4}", "SALA"),
            ("^([01]", self.pick(["08:00", "23:30"])),
            ("^[0-9]{4}", "7995"),
            ("^[0-9]{1,4}", "512"),
            ("^[a-z0-9]", self.word("abc", 3, 9)),
            ("^[A-Za-z0-9._", "BANK:" + self.word("0123456789", 4, 9)),
        ]:
            if pattern.startswith(begins):
                return made
        return self.word("Aé漢 \"\\/n", 1, min(schema.get("maxLength", 20), 20)).strip() or "x"


def full():
    out = HERE / "full"
    out.mkdir(exist_ok=True)
    chance = Chance(20261130)
    payments = []
    for number in range(24):
        payment = chance.document(schema_of("payment"))
        payment["payment_id"] = f"p-{number}"
        payment["debtor"]["account"] = f"BANK:{number % 7}"
        payment["creditor"]["account"] = f"BANK:{7 + number % 5}"
        payment["currency"] = "EUR"
        payments.append(settled(payment))
    payments.sort(key=lambda payment: payment["event_time"])
    parties = [chance.document(schema_of("party")) for _ in range(12)]
    rows = [chance.document(schema_of("list")) for _ in range(8)]
    for name, documents in [("payment", payments), ("party", parties), ("list", rows)]:
        schema = schema_of(name)
        plural = {"payment": "payments", "party": "parties", "list": "lists"}[name]
        lines(out / f"{plural}.jsonl", documents)
        small = {"write_statistics": False, "store_schema": False}
        write(out / f"{plural}.parquet", schema, documents, unit="ns", compression="snappy", **small)
        if name == "payment":
            small["use_dictionary"] = False
            plain = out / "text.parquet"
            write(plain, schema, documents, typed=False, compression="gzip", **small)


def settled(payment):
    """Without what contradicts itself."""
    if payment.get("status") == "reversed" and "refers_to" not in payment:
        payment["status"] = "booked"
    if ("counter_amount" in payment) != ("counter_currency" in payment):
        payment.pop("counter_amount", None)
        payment.pop("counter_currency", None)
    return payment


def network(month, account):
    out = HERE / "network"
    out.mkdir(exist_ok=True)
    month = pathlib.Path(month)
    read = lambda name: [json.loads(line) for line in (month / name).read_text().splitlines()]
    around = lambda end: end.get("account") == account
    payments = [p for p in read("payments.jsonl") if around(p["debtor"]) or around(p["creditor"])]
    named = {end.get("party") for p in payments for end in (p["debtor"], p["creditor"])}
    parties = [party for party in read("parties.jsonl") if party["party"] in named]
    lines(out / "payments.jsonl.gz", payments)
    lines(out / "parties.jsonl", parties)
    options = {"compression": "zstd", "row_group_size": 120, "write_statistics": False, "store_schema": False}
    write(out / "payments.parquet", schema_of("payment"), payments, **options)
    write(out / "parties.parquet", schema_of("party"), parties, unit="ms", compression="lz4")


if len(sys.argv) > 2:
    network(sys.argv[1], sys.argv[2])
else:
    full()
