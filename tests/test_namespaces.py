"""NumPy's arrays get the namespace that array_api_compat gives them, and any others what it says of them."""

import array_api_compat
import numpy as np
import pytest

from genmarket_env.namespaces import array_namespace


class Sub(np.ndarray):
    pass


@pytest.mark.parametrize("arrays", [(np.zeros(1),), (np.zeros(1), np.zeros(2, np.int64)), (np.zeros(1).view(Sub),)])
def test_numpy(arrays):
    assert array_namespace(*arrays) is array_api_compat.array_namespace(*arrays)


def test_others_are_asked_of_array_api_compat():
    torch = pytest.importorskip("torch")
    assert array_namespace(torch.zeros(1)) is array_api_compat.array_namespace(torch.zeros(1))
    for wrong in ((), (1.0,), (np.zeros(1), torch.zeros(1))):
        with pytest.raises(TypeError):
            array_api_compat.array_namespace(*wrong)
        with pytest.raises(TypeError):
            array_namespace(*wrong)
