// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include <cordon/base/disk.hpp>

#include "tree.hpp"

/// Files of a log into another folder. Private to the room.
namespace cordon::tlog {

/// A full tile or bundle under another name, or a copy of it on another file system; done when it
/// is there already. kNotFound.
Status link_file(Disk& disk, const std::string& from, const std::string& to);
/// Written aside, synced, renamed.
Status write_whole(Disk& disk, const std::string& path, ByteView bytes);
/// The partial tiles (not the partial bundle) of a log of `size` entries; their folders are added.
Status write_partial_tiles(Disk& disk, const NodeSource& nodes, uint64_t size,
                           const std::string& directory, std::set<std::string>& folders);

}  // namespace cordon::tlog
