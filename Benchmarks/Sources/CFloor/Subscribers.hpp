#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

/// Who is subscribed to one filter: the first subscriber in place, since most filters have one, and the
/// others in a list of the pool.
struct Subscribers {
    static constexpr uint32_t nobody = UINT32_MAX;
    static constexpr uint32_t noList = 0;

    uint32_t first = nobody;
    uint32_t list = noList;
};

/// The lists of all `Subscribers`.
class SubscriberPool {
public:
    void add(Subscribers &subscribers, uint32_t id) {
        if (subscribers.first == Subscribers::nobody) {
            subscribers.first = id;
            return;
        }
        if (subscribers.list == Subscribers::noList) subscribers.list = takeList();
        lists[subscribers.list].push_back(id);
    }

    void remove(Subscribers &subscribers, uint32_t id) {
        if (subscribers.list == Subscribers::noList) {
            if (subscribers.first == id) subscribers.first = Subscribers::nobody;
            return;
        }
        auto &list = lists[subscribers.list];
        if (subscribers.first == id) {
            subscribers.first = list.back();
        } else {
            auto position = std::find(list.begin(), list.end(), id);
            if (position == list.end()) return;
            *position = list.back();
        }
        list.pop_back();
        if (list.empty()) {
            freeLists.push_back(subscribers.list);
            subscribers.list = Subscribers::noList;
        }
    }

    size_t visit(const Subscribers &subscribers, uint64_t &sum) const {
        if (subscribers.first == Subscribers::nobody) return 0;
        sum += subscribers.first;
        if (subscribers.list == Subscribers::noList) return 1;
        const auto &list = lists[subscribers.list];
        sum += std::accumulate(list.begin(), list.end(), uint64_t(0));
        return 1 + list.size();
    }

private:
    std::vector<std::vector<uint32_t>> lists{1};
    std::vector<uint32_t> freeLists;

    uint32_t takeList() {
        if (freeLists.empty()) {
            lists.emplace_back();
            return static_cast<uint32_t>(lists.size() - 1);
        }
        uint32_t number = freeLists.back();
        freeLists.pop_back();
        return number;
    }
};
