#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

// Macros with casts, which Swift does not import.
static inline int archive_entry_is_folder(struct archive_entry *entry) { return archive_entry_filetype(entry) == AE_IFDIR; }
static inline int archive_entry_is_file(struct archive_entry *entry) { return archive_entry_filetype(entry) == AE_IFREG; }
static inline void archive_entry_become_file(struct archive_entry *entry) { archive_entry_set_filetype(entry, AE_IFREG); }

// libarchive converts names to the thread's locale; in "C" it loses those beyond ASCII.
static inline locale_t archive_enter_utf8(void) { return uselocale(newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0)); }
static inline void archive_leave_utf8(locale_t previous) {
  locale_t current = uselocale(previous);
  if (current != previous && current != LC_GLOBAL_LOCALE) freelocale(current);
}
