"""Writes the sample files that the compatibility tests send to both servers: `samples.py FOLDER`.

Every file has the same bytes each time, so a saved answer can be compared with a later one. Needs an interpreter
with the packages that the document modules read these formats with (misp-modules[all] has all of them).
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import samples_mmdb
import samples_reports

TEXT = "The sample contacts evil.example.com and 198.51.100.7"
PAYMENT = "bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT?amount=0.1"


def write_samples(folder: Path) -> None:
    """Fills a folder, which is made if it does not exist; every user may read it and run its program."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name, make in MAKERS.items():
        path = folder / name
        path.write_bytes(make())
        path.chmod(0o755 if path.suffix == ".sh" else 0o644)


def docx() -> bytes:
    import docx as library

    document = library.Document()
    document.add_paragraph(TEXT)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = "md5"
    table.rows[0].cells[1].text = "d41d8cd98f00b204e9800998ecf8427e"
    return fixed_zip(saved(document.save))


def pptx() -> bytes:
    import pptx as library

    presentation = library.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Indicators"
    slide.placeholders[1].text = TEXT
    return fixed_zip(saved(presentation.save))


def xlsx() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    return fixed_zip(saved(book.save))


def odt() -> bytes:
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in (TEXT, "A second line"))
    return open_document("text", f"<office:text>{paragraphs}</office:text>")


def ods() -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in ROWS)
    table = f'<table:table table:name="Sheet1"><table:table-column table:number-columns-repeated="2"/>{rows}</table:table>'
    return open_document("spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>")


def pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(72, 720, TEXT)
    canvas.showPage()
    canvas.drawString(72, 720, "A second page")
    canvas.save()
    return buffer.getvalue()


def text_png() -> bytes:
    """Text drawn by OpenCV's own strokes: no font of the machine has a part in it."""
    import cv2
    import numpy

    image = numpy.full((160, 900, 3), 255, numpy.uint8)
    for line, text in enumerate(("HELLO MISP MODULES", "evil.example.com")):
        cv2.putText(image, text, (20, 60 + 70 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 3, cv2.LINE_AA)
    return encoded(".png", image)


def qr(text: str, extension: str) -> bytes:
    import cv2

    code = cv2.QRCodeEncoder.create().encode(text)
    code = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    return encoded(extension, cv2.resize(code, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST))


def blank_png() -> bytes:
    import numpy

    return encoded(".png", numpy.full((40, 40, 3), 255, numpy.uint8))


def eml() -> bytes:
    message = EmailMessage()
    message["From"] = "Mallory <mallory@example.com>"
    message["To"] = "bob@example.org"
    message["Subject"] = "An invoice"
    message["Date"] = "Tue, 01 Sep 2026 10:00:00 +0000"
    message["Message-ID"] = "<20260901.1@example.com>"
    message["Received"] = "from mail.example.com (mail.example.com [198.51.100.7]) by mx.example.org; Tue, 01 Sep 2026 10:00:01 +0000"
    message.set_content("Please look at http://evil.example.com/invoice?id=1\n")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="invoice.csv")
    message.set_boundary("=-=-=sample=-=-=")
    return message.as_bytes()


def sherlock() -> bytes:
    """Stands in for the program of that name: writes the report that the module reads back."""
    return b"""#!/bin/sh
while [ $# -gt 1 ]; do
  [ "$1" = --folderoutput ] && folder=$2
  shift
done
{ echo username,name,url_main,url_user,exists,http_status,response_time_s
  echo "$1,GitHub,https://example.com/,https://example.com/$1,Claimed,200,0.1"
} > "$folder/$1.csv"
"""


def fixed_zip(archive: bytes) -> bytes:
    """The same archive with every moment in it set to one moment."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(entry.filename, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def open_document(kind: str, body: str) -> bytes:
    """A minimal OpenDocument file: its type, its list of parts and its content."""
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    names = "".join(
        f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("text", "text"), ("table", "table"))
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media}"/>'
        for path, media in (("/", mimetype), ("content.xml", "text/xml"), ("meta.xml", "text/xml"), ("styles.xml", "text/xml"))
    )
    parts = {
        "mimetype": mimetype,
        "META-INF/manifest.xml": f'{head}<manifest:manifest xmlns:manifest="{manifest}">{entries}</manifest:manifest>',
        "content.xml": f'{head}<office:document-content{names} office:version="1.2"><office:body>{body}</office:body></office:document-content>',
        "meta.xml": f'{head}<office:document-meta{names} office:version="1.2"><office:meta/></office:document-meta>',
        "styles.xml": f'{head}<office:document-styles{names} office:version="1.2"/>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def encoded(extension: str, image: object) -> bytes:
    import cv2

    done, data = cv2.imencode(extension, image)
    if not done:
        raise RuntimeError(f"OpenCV did not write a {extension} file")
    return data.tobytes()


ROWS = (("domain", "evil.example.com"), ("ip", "198.51.100.7"))

MAKERS: dict[str, Callable[[], bytes]] = {
    "sample.docx": docx,
    "sample.pptx": pptx,
    "sample.xlsx": xlsx,
    "sample.odt": odt,
    "sample.ods": ods,
    "sample.pdf": pdf,
    "text.png": text_png,
    "blank.png": blank_png,
    "payment.jpeg": lambda: qr(PAYMENT, ".jpeg"),
    "link.png": lambda: qr("https://evil.example.com/pay", ".png"),
    "sample.eml": eml,
    "sherlock.sh": sherlock,
    **samples_mmdb.MAKERS,
    **samples_reports.MAKERS,
}

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: samples.py FOLDER")
    write_samples(Path(sys.argv[1]))
