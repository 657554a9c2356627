"""Files that travel with messages: images, PDFs, sounds and videos.

Each is kept once by its content, is what its bytes say and not what its name says, and never changes.

    sniffing.py     what a file is, by its first bytes
    hazards.py      what a small file would become when somebody opens it
    files.py        where they lie, and how one gets there
    holes.py        a request without the data of its files, and with it again
"""
