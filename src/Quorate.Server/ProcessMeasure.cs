using System.Diagnostics;
using System.Runtime.InteropServices;
using Quorate.Cluster.Commands;

namespace Quorate.Server;

/// <summary>What the operating system and the runtime say of this process, for INFO.</summary>
internal static class ProcessMeasure
{
    public static ProcessStatus Take()
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessStatus(
            Environment.ProcessId,
            RuntimeInformation.OSDescription,
            GC.GetTotalMemory(false),
            process.PeakWorkingSet64,
            process.WorkingSet64,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            (long)process.UserProcessorTime.TotalMicroseconds,
            (long)process.PrivilegedProcessorTime.TotalMicroseconds);
    }
}
