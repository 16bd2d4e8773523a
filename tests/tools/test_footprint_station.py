"""Lives of stations while their heap is measured: what is told of several."""

from tools.footprint_station import Heap, Life, at_worst, least


def test_of_several_lives_the_least_of_each_figure_is_told():
    first = Life({"idle": Heap(30, 0, 70, 60)}, {"boot": 50, "Heartbeat": 40})
    second = Life({"idle": Heap(29, 0, 71, 50)}, {"boot": 53, "Heartbeat": 39})
    found = least([first, second])
    assert found.moments == {"idle": Heap(29, 0, 71, 50)}
    assert found.peaks == {"boot": 50, "Heartbeat": 39}
    assert least([first]) == first


def test_a_peak_is_told_at_its_worst():
    first = Life({"idle": Heap(30, 0, 70, 60)}, {"boot": 50, "Heartbeat": 40})
    second = Life({"idle": Heap(29, 0, 71, 50)}, {"boot": 53, "Heartbeat": 39})
    found = at_worst([first, second])
    assert found.moments == {"idle": Heap(29, 0, 71, 50)}
    assert found.peaks == {"boot": 53, "Heartbeat": 40}
