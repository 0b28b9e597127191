"""Trains the small demo models on the data sets that ship inside scikit-learn and writes them as ONNX.

Needs Debian's python3-sklearn (1.2) and python3-onnx (1.12). Run: /usr/bin/python3 make_models.py
The folder of this script is a model repository in Triton's layout. Each model gets a folder in it: 1/model.onnx,
labels.txt (where it classifies), millrace.json (a description, the feature names in column order, and how the
input is made of a picture or a table) and
samples.json, which holds held-out rows of the data set with the outputs scikit-learn itself gives for them (not
ONNX Runtime), so that a server's answer can be checked against an independent computation.
"""
import json, os
import numpy as np
from onnx import TensorProto as T, checker, helper as h, numpy_helper as nh, save
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, graph, opsets, doc, labels, samples, about, inputs=None):
    folder = os.path.join(HERE, name)
    os.makedirs(os.path.join(folder, "1"), exist_ok=True)
    model = h.make_model(graph, opset_imports=opsets, producer_name="make_models.py", doc_string=doc)
    model.ir_version = 8
    checker.check_model(model)
    save(model, os.path.join(folder, "1", "model.onnx"))
    if labels:
        with open(os.path.join(folder, "labels.txt"), "w") as f:
            f.write("\n".join(labels) + "\n")
    with open(os.path.join(folder, "samples.json"), "w") as f:
        json.dump(samples, f, indent=1)
    with open(os.path.join(folder, "millrace.json"), "w") as f:
        table = inputs is not None and "table" in inputs["features"]
        named = {} if table else {"features": samples["feature_names"]}
        json.dump({"description": about, **named, **({"inputs": inputs} if inputs else {})}, f, indent=2)
        f.write("\n")
    print(name, doc)


def rows(x, y, out, names):
    return {"inputs": x.astype("float32").tolist(), "expected": {k: np.asarray(v).tolist() for k, v in out.items()},
            "truth": np.asarray(y).tolist(), "feature_names": list(names), "tolerance": 1e-4}


def mlp(name, data, hidden, scale, labels, about, inputs):
    xa, xb, ya, yb = train_test_split(data.data / scale, data.target, test_size=0.25, random_state=7, stratify=data.target)
    net = MLPClassifier(hidden, max_iter=4000, tol=1e-5, random_state=7).fit(xa, ya)
    acc = net.score(xb, yb)
    nodes, inits, x = [], [], "scaled"
    nodes.append(h.make_node("Div", ["features", "scale"], ["scaled"]))
    inits.append(nh.from_array(np.asarray(scale, "float32"), "scale"))
    last = len(net.coefs_) - 1
    for i, (w, b) in enumerate(zip(net.coefs_, net.intercepts_)):
        inits += [nh.from_array(w.astype("float32"), f"w{i}"), nh.from_array(b.astype("float32"), f"b{i}")]
        nodes.append(h.make_node("Gemm", [x, f"w{i}", f"b{i}"], [f"g{i}"]))
        x = f"g{i}"
        if i < last:
            nodes.append(h.make_node("Relu", [x], [f"r{i}"]))
            x = f"r{i}"
    nodes.append(h.make_node("Softmax", [x], ["probabilities"], axis=1))
    nodes.append(h.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0))
    n, k = data.data.shape[1], len(labels)
    graph = h.make_graph(nodes, name, [h.make_tensor_value_info("features", T.FLOAT, ["batch", n])],
                         [h.make_tensor_value_info("label", T.INT64, ["batch"]),
                          h.make_tensor_value_info("probabilities", T.FLOAT, ["batch", k])], inits)
    raw = xb[:32] * scale
    names = getattr(data, "feature_names", [f"f{i}" for i in range(n)])
    write(name, graph, [h.make_opsetid("", 13)], f"{name}: {n} features, {k} classes, held-out accuracy {acc:.4f}", labels,
          rows(raw, yb[:32], {"label": net.predict(xb[:32]), "probabilities": net.predict_proba(xb[:32])}, names),
          f"{about}, held-out accuracy {acc:.3f}.", inputs)


def forest(name, data, labels, about):
    xa, xb, ya, yb = train_test_split(data.data.astype("float32"), data.target, test_size=0.25, random_state=7, stratify=data.target)
    rf = RandomForestClassifier(60, max_depth=7, random_state=7).fit(xa, ya)
    a = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    c = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}
    for t, est in enumerate(rf.estimators_):
        tr = est.tree_
        for i in range(tr.node_count):
            leaf = tr.children_left[i] < 0
            a["treeids"].append(t); a["nodeids"].append(i)
            a["featureids"].append(0 if leaf else int(tr.feature[i]))
            # scikit-learn sends x <= threshold (float64) left; the largest float32 not above it keeps every float32 x on its side
            v = np.float32(tr.threshold[i]); v = v if float(v) <= tr.threshold[i] else np.nextafter(v, np.float32(-np.inf))
            a["values"].append(0.0 if leaf else float(v))
            a["modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            a["truenodeids"].append(0 if leaf else int(tr.children_left[i]))
            a["falsenodeids"].append(0 if leaf else int(tr.children_right[i]))
            if leaf:
                p = tr.value[i][0] / tr.value[i][0].sum() / len(rf.estimators_)
                for cls, w in enumerate(p):
                    c["treeids"].append(t); c["nodeids"].append(i); c["ids"].append(cls); c["weights"].append(float(w))
    # the label comes from the probabilities: ONNX Runtime's own label output of a two-class ensemble differs from its arg max
    node = h.make_node("TreeEnsembleClassifier", ["features"], ["ensemble_label", "probabilities"], domain="ai.onnx.ml",
                       classlabels_int64s=list(range(len(labels))), post_transform="NONE",
                       **{f"nodes_{k}": v for k, v in a.items()}, **{f"class_{k}": v for k, v in c.items()})
    n = data.data.shape[1]
    argmax = h.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0)
    graph = h.make_graph([node, argmax], name, [h.make_tensor_value_info("features", T.FLOAT, ["batch", n])],
                         [h.make_tensor_value_info("label", T.INT64, ["batch"]),
                          h.make_tensor_value_info("probabilities", T.FLOAT, ["batch", len(labels)])])
    write(name, graph, [h.make_opsetid("", 13), h.make_opsetid("ai.onnx.ml", 2)],
          f"{name}: random forest of 60 trees, {n} features, held-out accuracy {rf.score(xb, yb):.4f}", labels,
          rows(xb[:32], yb[:32], {"label": rf.predict(xb[:32]), "probabilities": rf.predict_proba(xb[:32])}, data.feature_names),
          f"{about}, held-out accuracy {rf.score(xb, yb):.3f}.")


def ridge(name, data, about):
    xa, xb, ya, yb = train_test_split(data.data, data.target, test_size=0.25, random_state=7)
    m = Ridge(alpha=0.1).fit(xa, ya)
    n = data.data.shape[1]
    graph = h.make_graph([h.make_node("Gemm", ["features", "w", "b"], ["prediction"])], name,
                         [h.make_tensor_value_info("features", T.FLOAT, ["batch", n])],
                         [h.make_tensor_value_info("prediction", T.FLOAT, ["batch", 1])],
                         [nh.from_array(m.coef_.reshape(-1, 1).astype("float32"), "w"),
                          nh.from_array(np.asarray([m.intercept_], "float32"), "b")])
    s = rows(xb[:32], yb[:32], {"prediction": m.predict(xb[:32]).reshape(-1, 1)}, data.feature_names)
    s["tolerance"] = 1e-2
    write(name, graph, [h.make_opsetid("", 13)], f"{name}: ridge regression, {n} features, held-out R2 {m.score(xb, yb):.3f}", None, s,
          f"{about}, held-out R2 {m.score(xb, yb):.3f}.")


digits, iris, cancer = load_digits(), load_iris(), load_breast_cancer()
mlp("digits", digits, (128, 64), 16.0, [str(i) for i in range(10)],
    "Recognises a handwritten digit in an 8 x 8 image with grey values from 0 to 16: a 64-128-64-10 neural network",
    {"features": {"image": {"width": 8, "height": 8, "channels": 1, "range": [16, 0], "fit": "pad", "filter": "box",
                            "padding": [255, 255, 255]}}})
mlp("iris", iris, (16,), 8.0, list(iris.target_names),
    "Names the species of an iris flower by the length and width of its sepals and petals in cm: a 4-16-3 neural network",
    {"features": {"table": {"columns": [{"name": name, "unit": "cm", "min": 0, "max": 30} for name in iris.feature_names]}}})
forest("breast-cancer", cancer, list(cancer.target_names),
       "Tells a malignant from a benign breast tumour by 30 measurements of cell nuclei (Wisconsin data set): a random forest of 60 trees")
ridge("diabetes", load_diabetes(),
      "Predicts how far diabetes has progressed after one year from 10 scaled measurements of a patient: ridge regression")
