"""The main axes of many features: the directions in which items differ most."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from hone.stats.arrays import Floats


def main_axes(features: Floats, most: int) -> Floats:
    """Orthogonal directions of unit length, the one with the largest spread first; shape (features, axes).

    They are eigenvectors of the smaller of the two matrices of products, as the common routine for singular values
    does not always come to an end. Directions in which nothing differs, but for rounding, are left out; where nothing
    differs at all, one stays.

    Args:
        features: With means of about 0, shape (items, features).
        most: How many at most.
    """
    items, size = features.shape
    wide = size > items
    products = features @ features.T if wide else features.T @ features
    values, vectors = eigh(products)
    order = np.argsort(-values)[:most]
    kept = order[values[order] > 1e-10 * max(float(values.max()), 1e-300)]
    if not len(kept):
        first: Floats = np.eye(size)[:, :1]
        return first
    found: Floats = vectors[:, kept]
    if wide:
        found = features.T @ found / np.sqrt(values[kept])
    return found
