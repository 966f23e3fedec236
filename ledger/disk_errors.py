"""What the system refused of a file, in the words of whoever reads a message."""

import errno

_WORDS = {
    errno.ENOENT: "沒有這個檔案或資料夾",
    errno.EEXIST: "已有同名的檔案",
    errno.EISDIR: "這是資料夾，不是檔案",
    errno.ENOTDIR: "路徑中有一段不是資料夾",
    errno.ENOTEMPTY: "資料夾不是空的",
    errno.EACCES: "沒有權限",
    errno.EPERM: "系統不允許",
    errno.EROFS: "磁碟是唯讀的",
    errno.ENOSPC: "磁碟空間不足",
    errno.EDQUOT: "超過磁碟配額",
    errno.EFBIG: "檔案太大",
    errno.ENAMETOOLONG: "名稱太長",
    errno.ELOOP: "連結互相指向",
    errno.EBUSY: "正由別的程式使用",
    errno.EMFILE: "開啟的檔案太多",
    errno.ENFILE: "開啟的檔案太多",
    errno.EIO: "讀寫時磁碟發生錯誤",
}


def why(error: OSError) -> str:
    """Why (zh-TW), without the file; the number of the system where that is rare."""
    rare = "系統錯誤" if error.errno is None else f"系統錯誤 {error.errno}"
    return _WORDS.get(error.errno or 0, rare)
