// Uploads to the simulated Moonraker: a multipart form, checked against its checksum, kept whole or not at all.

using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>Takes uploads. Source: Moonraker docs, external_api/file_manager.md.</summary>
internal static class MoonrakerUpload
{
    /// <summary>Takes one upload and answers it.</summary>
    public static async Task TakeAsync(HttpContext context, string folder, Func<string, bool> isInUse, MoonrakerFaults faults, TimeProvider time)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 } boundary)
        {
            await AnswerAsync(context, 400, "No form");
            return;
        }

        var temporary = Path.Combine(folder, $".upload-{Guid.NewGuid():N}");
        try
        {
            var form = await ReadAsync(context, boundary.ToString(), temporary, faults, time);
            if (form is not { } read)
            {
                context.Abort();
                return;
            }

            var status = faults.TakeUploadStatus();
            var name = string.Join('/', new[] { read.Fields.GetValueOrDefault("path", ""), read.FileName }.Where(static part => part.Length > 0));
            var path = Path.GetFullPath(name, folder);
            if (status != 0)
            {
                await AnswerAsync(context, status, status == 507 ? "No space left on device" : "Upload failed");
            }
            else if (read.Fields.TryGetValue("checksum", out var wanted) && wanted != read.Hash)
            {
                await AnswerAsync(context, 422, $"File checksum mismatch: expected {wanted}, calculated {read.Hash}");
            }
            else if (read.FileName.Length == 0 || !path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                await AnswerAsync(context, 400, "Bad path");
            }
            else if (isInUse(name))
            {
                await AnswerAsync(context, 403, "File is loaded, upload not permitted");
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(temporary, path, overwrite: true);
                context.Response.StatusCode = 201;
                var item = new JsonObject { ["path"] = name, ["root"] = "gcodes", ["size"] = new FileInfo(path).Length, ["permissions"] = "rw" };
                await context.Response.WriteAsync(new JsonObject { ["item"] = item, ["action"] = "create_file", ["print_started"] = false, ["print_queued"] = false }.ToJsonString());
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<(Dictionary<string, string> Fields, string FileName, string Hash)?> ReadAsync(
        HttpContext context, string boundary, string temporary, MoonrakerFaults faults, TimeProvider time)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var (fileName, hash) = ("", "");
        var reader = new MultipartReader(boundary, context.Request.Body);
        while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
            {
                continue;
            }

            if (HeaderUtilities.RemoveQuotes(disposition.Name) != "file")
            {
                using var text = new StreamReader(section.Body);
                fields[HeaderUtilities.RemoveQuotes(disposition.Name).ToString()] = await text.ReadToEndAsync(context.RequestAborted);
                continue;
            }

            fileName = HeaderUtilities.RemoveQuotes(disposition.FileName).ToString();
            if (await CopyAsync(section.Body, temporary, faults, time, context.RequestAborted) is not { } copied)
            {
                return null;
            }

            hash = copied;
        }

        return (fields, fileName, hash);
    }

    /// <returns>The file's SHA-256 in hexadecimal; null if the connection is to be cut.</returns>
    private static async Task<string?> CopyAsync(Stream body, string temporary, MoonrakerFaults faults, TimeProvider time, CancellationToken cancellation)
    {
        var cut = faults.TakeUploadCut();
        var taken = 0L;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(temporary, FileMode.Create, FileAccess.Write);
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int count;
            while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
            {
                taken += count;
                if (taken > cut)
                {
                    return null;
                }

                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
                if (faults.UploadBytesPerSecond is > 0 and var pace)
                {
                    await Task.Delay(TimeSpan.FromSeconds((double)count / pace), time, cancellation);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Task AnswerAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"error\":{{\"code\":{status},\"message\":\"{message}\"}}}}"));
    }
}
