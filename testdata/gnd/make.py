"""Ground truth of a small retrieval set as the released files hold it: a dictionary of imlist, qimlist and gnd, pickled by
Python itself with plain lists and with NumPy's arrays. The lists are those of ../golden/retrieval.json. Run it in this folder."""
import json
import pickle

import numpy

gnd = json.load(open("../golden/retrieval.json"))["gnd"]


def truth(array):
    return {
        "imlist": [f"d{i:02}" for i in range(60)],
        "qimlist": [f"q{i}" for i in range(len(gnd))],
        "gnd": [{"bbx": [1.5, 2.0, 30.25, 28.0], **{k: array(q[k]) for k in ("easy", "hard", "junk")}} for q in gnd],
    }


def write(name, protocol, array):
    with open(name, "wb") as f:
        pickle.dump(truth(array), f, protocol=protocol)


write("lists_protocol2.pkl", 2, list)
write("arrays_protocol2.pkl", 2, lambda v: numpy.array(v, "int64"))
write("arrays_protocol4.pkl", 4, lambda v: numpy.array(v, ">i4"))
write("arrays_protocol5.pkl", 5, lambda v: numpy.array(v, "uint16"))
write("scalars_protocol3.pkl", 3, lambda v: [numpy.int64(i) for i in v])
json.dump(truth(list), open("lists.json", "w"))
