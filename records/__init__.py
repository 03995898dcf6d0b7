"""The machine that keeps any record. One room per idea:

ids        opaque ids that never change            dates      dates as exact as known (EDTF)
models     Record, Change and what every record has   history    versions kept by the database, `known_at`
rights     who may see a row                       kinds      the declaration that all the rest reads
lists      filter, sort, search, page              shapes     a row as the API and files show it
sources    Source, Citation, Disagreement          timelines  one entry per dated fact
figures    stale marks and the loop that clears them   package    the registry as a folder of files
"""
